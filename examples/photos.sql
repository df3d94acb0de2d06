-- Labels photos in the spark-sql shell, with a model that photos.py or firesteel.Import made:
--
--   spark-sql --jars firesteel.jar -d photos=<folder of photos> -d model=<model> -f photos.sql

CREATE TEMPORARY VIEW photos AS
  SELECT element_at(split(path, '/'), -1) AS file, content FROM binaryFile.`${photos}`;
SET spark.firesteel.model=${model};

SELECT file, classify(content) AS object, round(classify_score(content), 3) AS probability
FROM photos ORDER BY file LIMIT 5;

-- What the network is surest of, each photo decoded and scored once.
SELECT file, classify_topk(content, 2) AS best FROM photos
WHERE classify_score(content) > 0.9 ORDER BY classify_score(content) DESC, file LIMIT 3;

-- Photos that show the same kind of thing.
SELECT classify(content) AS object, count(*) AS photos, collect_list(file) AS files FROM photos
GROUP BY 1 HAVING photos > 1 ORDER BY photos DESC, object LIMIT 5;
