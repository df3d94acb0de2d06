/* The shapes of queries, each with what it may cost: those of a table without groups. */
package firesteel.sql

/**
 * A query over `photos`, of 1000 rows in 4 partitions, or over `pictures`, of 200 rows in 4 partitions.
 *
 * @param images how many images operators give to the network, or to what needs none
 * @param calls how many native calls they make for that
 * @param query `classify(image)` is of one model, that of `'@other'` another one
 */
final case class Shape(name: String, images: Long, calls: Long, query: String)

object Shapes {

  /** All, those of [[ShapesOfGroups]], [[ShapesOfJoins]] and [[ShapesOfImages]] too. */
  def all: Seq[Shape] =
    rows ++ guards ++ ShapesOfGroups.groups ++ ShapesOfJoins.joins ++ ShapesOfJoins.subqueries ++ ShapesOfJoins.sets ++
      ShapesOfImages.images

  /** Projections, filters and limits. */
  val rows: Seq[Shape] = Seq(
    Shape("a label", 1000, 32, "SELECT id, classify(image) FROM photos"),
    Shape(
      "SELECT and WHERE",
      1000,
      32,
      "SELECT id, classify(image) FROM photos WHERE classify(image) = 'row'"),
    Shape(
      "three functions",
      1000,
      32,
      "SELECT id, classify(image), classify_score(image), classify_topk(image, 2) FROM photos"),
    Shape(
      "a function and its twin",
      1000,
      32,
      "SELECT id, classify(image), try_classify_score(image) FROM photos"),
    Shape(
      "SELECT, WHERE and ORDER BY",
      1000,
      32,
      "SELECT id, classify(image) FROM photos WHERE classify_score(image) > 0.36 ORDER BY classify(image), id"),
    Shape(
      "a cheap condition",
      500,
      18,
      "SELECT id, classify(image) FROM photos WHERE classify(image) = 'row' AND size < 50"),
    Shape(
      "a cheap condition above",
      100,
      4,
      "SELECT * FROM (SELECT id, size, classify(image) AS label FROM photos) WHERE size < 10"),
    Shape(
      "cheap conditions around OR",
      500,
      18,
      "SELECT id FROM photos WHERE NOT (classify(image) = 'row' OR size < 50)"),
    Shape(
      "a condition by chance",
      504,
      18,
      "SELECT count(*) <= 1000 FROM photos WHERE rand(7) < 0.5 AND classify(image) = 'row'"),
    Shape(
      "a condition by chance behind a label",
      1000,
      32,
      "SELECT id FROM photos WHERE classify(image) = 'row' AND rand(7) < 0.5"),
    Shape("a sample", 1000, 32, "SELECT id, classify(image) FROM photos TABLESAMPLE (100 PERCENT)"),
    Shape(
      "a sample of labels",
      1000,
      32,
      "SELECT id, classify(image) FROM (SELECT * FROM photos WHERE classify(image) <> '') TABLESAMPLE (50 PERCENT) REPEATABLE (7)"
    ),
    Shape("LIMIT", 5, 1, "SELECT length(classify(image)) > 0 FROM photos LIMIT 5"),
    Shape("LIMIT and OFFSET", 8, 1, "SELECT length(classify(image)) > 0 FROM photos LIMIT 5 OFFSET 3"),
    Shape("LIMIT below", 5, 1, "SELECT length(classify(image)) > 0 FROM (SELECT image FROM photos LIMIT 5)"),
    Shape(
      "LIMIT above a projection",
      5,
      1,
      "SELECT label IS NULL FROM (SELECT classify(image) AS label FROM photos) LIMIT 5"),
    Shape(
      "WHERE and LIMIT",
      24,
      2,
      "SELECT classify(image) FROM photos WHERE classify(image) = 'row' LIMIT 3"),
    Shape(
      "ORDER BY another and LIMIT",
      5,
      1,
      "SELECT id, classify(image) AS label FROM photos ORDER BY size, id LIMIT 5"),
    Shape(
      "ORDER BY another, LIMIT and OFFSET",
      7,
      1,
      "SELECT id, classify(image) AS label FROM photos ORDER BY size, id LIMIT 5 OFFSET 2"),
    Shape(
      "the best",
      1000,
      32,
      "SELECT id, classify(image) FROM photos ORDER BY classify_score(image) DESC, id LIMIT 3"),
    Shape("ORDER BY a label", 1000, 32, "SELECT id, classify(image) AS label FROM photos ORDER BY label, id"),
    Shape("ORDER BY another", 1000, 32, "SELECT id, classify(image) FROM photos ORDER BY size, id"),
    Shape(
      "ORDER BY behind a hint to coalesce",
      1000,
      32,
      "SELECT * FROM (SELECT /*+ COALESCE(2) */ id, classify(image) AS label FROM photos) ORDER BY label, id"),
    Shape(
      "ORDER BY behind a sample",
      1000,
      32,
      """SELECT * FROM (SELECT id, classify(image) AS label FROM photos) TABLESAMPLE (100 PERCENT) REPEATABLE (7)
        |ORDER BY label, id""".stripMargin
    ),
    Shape(
      "OFFSET, and a label above",
      1000,
      32,
      "SELECT id, classify(image) FROM (SELECT * FROM photos WHERE classify(image) <> '' ORDER BY size, id OFFSET 10)"
    ),
    Shape("SORT BY", 1000, 32, "SELECT id, classify(image) AS label FROM photos SORT BY label"),
    Shape("DISTRIBUTE BY", 1000, 32, "SELECT id, classify(image) AS label FROM photos DISTRIBUTE BY label"),
    Shape("CLUSTER BY", 1000, 32, "SELECT id, classify(image) AS label FROM photos CLUSTER BY label"),
    Shape("a hint to repartition", 1000, 32, "SELECT /*+ REPARTITION(3) */ id, classify(image) FROM photos"),
    Shape(
      "a hint to repartition by label",
      1000,
      32,
      "SELECT /*+ REPARTITION_BY_RANGE(3, label) */ * FROM (SELECT id, classify(image) AS label FROM photos)"),
    Shape("a lateral alias", 1000, 32, "SELECT id, classify(image) AS label, upper(label) FROM photos"),
    Shape(
      "pipes",
      1000,
      32,
      "FROM photos |> EXTEND classify(image) AS label |> WHERE label = 'row' |> SELECT id, label"),
    Shape("DISTINCT", 1000, 32, "SELECT DISTINCT classify(image) FROM photos"),
    Shape("two models", 2000, 64, "SELECT id, classify(image), classify(image, '@other') FROM photos"),
    Shape(
      "two models in WHERE: the second sees what passes the first",
      1106,
      36,
      "SELECT id FROM photos WHERE classify(image) = 'row' AND classify(image, '@other') = '0'"
    ),
    Shape(
      "a model's layer",
      2000,
      64,
      "SELECT id, image_features(image), classify_probabilities(image) FROM photos"),
    Shape(
      "a model's version",
      0,
      0,
      "SELECT id, length(model_version()), model_version('@other') FROM photos"),
    Shape("what is not used", 0, 0, "SELECT id FROM (SELECT id, classify(image) FROM photos)"),
    Shape("a row", 1, 1, "SELECT classify(CAST(repeat('a', 64) AS BINARY))"),
    Shape(
      "VALUES",
      3,
      2,
      "SELECT classify(CAST(repeat(x, 64) AS BINARY)) FROM VALUES ('a'), ('b'), ('a') AS t (x)"),
    Shape("no rows", 0, 0, "SELECT classify(image) FROM photos WHERE id < 0"),
    Shape("never true", 0, 0, "SELECT classify(image) FROM photos WHERE false"),
    Shape("NULL", 0, 0, "SELECT id, classify(NULL), classify_topk(CAST(NULL AS BINARY), 1) FROM photos"),
    Shape("some NULLs", 857, 28, "SELECT id, classify(IF(id % 7 = 0, NULL, image)) FROM photos"),
    Shape(
      "bad images",
      928,
      32,
      "SELECT id, try_classify(IF(id % 10 = 0, CAST('bad' AS BINARY), image)) FROM photos"),
    Shape(
      "equal images",
      8,
      4,
      "SELECT id, classify(CAST(repeat(chr(65 + id % 2), 64) AS BINARY)) FROM photos"),
    Shape(
      "an array of images",
      1036,
      36,
      "SELECT id, classify(array(image, NULL, CAST(repeat('a', 64) AS BINARY))) FROM photos"),
    Shape("an array of equal images", 1000, 36, "SELECT id, classify(array(image, image)) FROM photos"),
    Shape("vectors", 1000, 32, "SELECT id, classify(transform(sequence(1, 64), x -> x * id)) FROM photos")
  )

  /** Expressions that do not evaluate all of their parts. */
  val guards: Seq[Shape] = Seq(
    Shape("CASE", 100, 4, "SELECT id, CASE WHEN size < 10 THEN classify(image) END FROM photos"),
    Shape("IF", 100, 4, "SELECT id, IF(size < 10, classify(image), 'big') FROM photos"),
    Shape(
      "CASE with several branches",
      300,
      10,
      "SELECT id, CASE WHEN size < 10 THEN 'small' WHEN size < 40 THEN classify(image) ELSE 'big' END FROM photos"),
    Shape(
      "COALESCE",
      100,
      4,
      "SELECT id, coalesce(IF(size < 90, 'small', NULL), classify(image)) FROM photos"),
    Shape("nvl", 100, 4, "SELECT id, nvl(IF(size < 90, 'small', NULL), classify(image)) FROM photos"),
    Shape("AND", 100, 4, "SELECT id, size < 10 AND classify(image) = 'row' FROM photos"),
    Shape("OR", 900, 30, "SELECT id FROM photos WHERE size < 10 OR classify(image) = 'row'"),
    Shape(
      "what is needed anyway",
      1000,
      32,
      "SELECT id, classify(image), IF(size < 10, classify(image), 'big') FROM photos"),
    Shape(
      "in SELECT what WHERE has",
      1000,
      32,
      "SELECT id, IF(size < 10, classify(image), 'big') FROM photos WHERE classify(image) <> 'row'"),
    Shape(
      "both branches",
      1000,
      32,
      "SELECT id, IF(size < 10, classify(image), upper(classify(image))) FROM photos"),
    Shape(
      "a condition with scores",
      1000,
      32,
      "SELECT id, IF(classify_score(image) > 0.36, classify(image), 'unsure') FROM photos"),
    Shape(
      "another model only if unsure",
      1546,
      52,
      "SELECT id, IF(classify_score(image) > 0.36, 'sure', classify(image, '@other')) FROM photos"),
    Shape(
      "an image that only some labels have",
      1004,
      36,
      """SELECT id, IF(classify_score(image) > 0.36,
        |  classify(CAST(rpad(CAST(1 / CAST(classify_score(image) > 0.36 AS INT) AS STRING), 64, 'x') AS BINARY)),
        |  'unsure') FROM photos""".stripMargin
    ),
    Shape(
      "conditions of which one fails where the first does not decide",
      30,
      4,
      """SELECT id, CASE WHEN size = 0 THEN 'none' WHEN 100 / size > 50 THEN 'few'
        |WHEN 100 / size > 20 THEN classify(image) END FROM photos""".stripMargin
    ),
    Shape(
      "an image that fails where a lambda runs for nothing",
      0,
      0,
      """SELECT id, transform(filter(array(size), s -> s > 0),
        |  t -> classify(CAST(rpad(CAST(100 / size AS STRING), 64, 'x') AS BINARY))) FROM photos""".stripMargin
    ),
    Shape(
      "a guard within a guard",
      1008,
      40,
      """SELECT id, CASE WHEN classify(image) = 'row' THEN
        |  CASE WHEN classify(CAST(rpad(CAST(1 / CAST(classify(image) = 'row' AS INT) AS STRING), 64, 'x') AS BINARY)) <> ''
        |  THEN classify(CAST(rpad(CAST(2 / CAST(classify(image) = 'row' AS INT) AS STRING), 64, 'x') AS BINARY)) END
        |END FROM photos""".stripMargin
    ),
    Shape(
      "a guard around scores of scores",
      112,
      8,
      "SELECT id, IF(size < 10, classify(CAST(rpad(classify(image), 64, 'x') AS BINARY)), 'big') FROM photos"),
    Shape(
      "a guard that holds its own scores",
      100,
      4,
      "SELECT id, IF(size < 10, IF(classify_score(image) > 0.36, classify(image), 'unsure'), 'big') FROM photos"),
    Shape(
      "OR of several labels",
      900,
      30,
      "SELECT id FROM photos WHERE size < 10 OR classify(image) = 'row' OR classify(image) = 'column'"),
    Shape(
      "CASE over labels of two models",
      1710,
      58,
      """SELECT id, CASE WHEN size < 10 THEN 'small' WHEN classify(image) = 'row' THEN 'row'
        |WHEN classify(image, '@other') = '0' THEN 'zero' END FROM photos""".stripMargin
    ),
    Shape(
      "a guard within a lambda that may run for nothing",
      1000,
      32,
      "SELECT id, transform(filter(array(size), s -> s > 0), t -> IF(100 / size > 5, classify(image), 'x')) FROM photos"
    ),
    Shape(
      "a guard in WHERE, and the rest in SELECT",
      116,
      8,
      "SELECT id, classify(image) FROM photos WHERE CASE WHEN size < 10 THEN classify(image) = 'row' END"),
    Shape(
      "a guard above a condition with the same scores",
      900,
      30,
      """SELECT id, IF(size < 10, classify(image), 'big') FROM
        |(SELECT * FROM photos WHERE classify(image) <> 'row' AND size < 90)""".stripMargin
    ),
    Shape(
      "a guard with the variable of a lambda",
      1000,
      32,
      "SELECT id, transform(array(1, 20), x -> IF(x < 10, classify(image), 'big')) FROM photos"),
    Shape(
      "nested",
      1012,
      36,
      "SELECT id, classify(CAST(rpad(classify(image), 64, 'x') AS BINARY)) FROM photos"),
    Shape(
      "explode",
      2000,
      64,
      "SELECT id, explode(array(classify(image), classify(image, '@other'))) FROM photos"),
    Shape("explode of an array", 1000, 36, "SELECT id, explode(classify(array(image, image))) FROM photos"),
    Shape("inline", 1000, 32, "SELECT id, inline(classify_topk(image, 2)) FROM photos"),
    Shape(
      "LATERAL VIEW",
      1000,
      32,
      "SELECT id, label FROM photos LATERAL VIEW explode(array(classify(image))) AS label"),
    Shape(
      "LATERAL VIEW of labels, and a label above",
      1000,
      32,
      """SELECT id, best.label, classify(image) FROM photos
        |LATERAL VIEW inline(classify_topk(image, 2)) best WHERE best.probability > 0.36""".stripMargin
    ),
    Shape("stack", 1000, 32, "SELECT id, stack(2, classify(image), 'x') FROM photos"),
    Shape(
      "transform with its variable: row by row",
      0,
      0,
      "SELECT id, transform(array(image), i -> classify(i)) FROM photos"),
    Shape(
      "filter with its variable: row by row",
      0,
      0,
      "SELECT id, size(filter(array(image, NULL), i -> classify(i) = 'row')) FROM photos"),
    Shape(
      "transform without its variable",
      1000,
      32,
      "SELECT id, transform(array(1, 2), x -> concat(x, classify(image))) FROM photos"),
    Shape(
      "aggregate without its variable",
      1000,
      32,
      "SELECT id, aggregate(array(1, 2), '', (a, x) -> concat(a, classify(image))) FROM photos"),
    Shape(
      "a lambda within an image",
      1000,
      32,
      "SELECT id, classify(filter(array(image, NULL), i -> i IS NOT NULL)) FROM photos")
  )
}
