-- Reads handwritten digits in the spark-sql shell, with a model that digits.py or Digits.scala saved:
--
--   spark-sql --jars firesteel.jar -d data=<folder with MNIST's files> -d model=<saved model> -f digits.sql

CREATE TEMPORARY VIEW digits USING idx OPTIONS (path '${data}/t10k-images-idx3-ubyte.gz');

-- The model as a function of its own. Without TEMPORARY it stays in the metastore for everybody.
CREATE TEMPORARY FUNCTION digit(image BINARY) RETURNS INT
  RETURN int(classify(image, '${model}'));

SET spark.sql.cli.print.header=true;

SELECT count(*) AS digits, round(avg(int(digit(image) = label)), 4) AS accuracy FROM digits;

-- How often each digit is read right, and what it is taken for otherwise.
SELECT label, count(*) AS digits, sum(int(read = label)) AS right,
       array_join(sort_array(collect_set(CASE WHEN read <> label THEN read END)), ' ') AS taken_for
FROM (SELECT label, digit(image) AS read FROM digits)
GROUP BY label ORDER BY label;

-- The model of this session, which need not be named any more.
SET spark.firesteel.model=${model};

-- The worst mistakes. Each digit goes through the network once, although three functions ask for it.
SELECT label, classify(image) AS read, round(classify_score(image), 3) AS score, classify_topk(image, 2) AS best
FROM digits WHERE classify(image) <> label
ORDER BY score DESC, label LIMIT 3;

-- Spark keeps what needs no network below it: here only the sevens go through.
EXPLAIN SELECT count(*) FROM digits WHERE classify(image) <> '7' AND label = 7;
