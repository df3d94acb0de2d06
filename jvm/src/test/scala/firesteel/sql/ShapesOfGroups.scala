/* The shapes of queries that group rows, and of windows over them. */
package firesteel.sql

object ShapesOfGroups {
  val groups: Seq[Shape] = Seq(
    Shape("count(*) above", 0, 0, "SELECT count(*) FROM (SELECT id, classify(image) AS label FROM photos)"),
    Shape(
      "GROUP BY a label",
      1000,
      32,
      "SELECT classify(image), count(*) FROM photos GROUP BY classify(image)"),
    Shape(
      "GROUP BY and ORDER BY",
      1000,
      32,
      "SELECT classify(image) AS label, count(*), avg(classify_score(image)) FROM photos GROUP BY label ORDER BY label"),
    Shape("GROUP BY ALL", 1000, 32, "SELECT classify(image) AS label, max(id) FROM photos GROUP BY ALL"),
    Shape("a group's label", 3, 1, "SELECT grp, classify(max(image)) FROM photos GROUP BY grp"),
    Shape(
      "a group's label and those of its rows",
      1003,
      33,
      "SELECT grp, classify(max(image)), min(classify(image)) FROM photos GROUP BY grp"),
    Shape(
      "the label of what is grouped by",
      1000,
      32,
      "SELECT classify(image), count(*) FROM photos GROUP BY image"),
    Shape(
      "the labels of a group",
      1000,
      33,
      "SELECT grp, sort_array(classify(collect_list(image))) FROM photos WHERE id >= 0 GROUP BY grp"),
    Shape(
      "HAVING",
      3,
      1,
      "SELECT grp, count(*) FROM photos GROUP BY grp HAVING classify(max(image)) IS NOT NULL"),
    Shape(
      "HAVING a count",
      1000,
      32,
      "SELECT classify(image) FROM photos GROUP BY classify(image) HAVING count(*) > 10"),
    Shape(
      "ROLLUP",
      1000,
      32,
      "SELECT classify(image), grp, count(*) FROM photos GROUP BY ROLLUP (classify(image), grp)"),
    Shape(
      "CUBE",
      1000,
      32,
      "SELECT classify(image), grp, count(*) FROM photos GROUP BY CUBE (classify(image), grp)"),
    Shape(
      "GROUPING SETS",
      1000,
      32,
      "SELECT classify(image), grp, count(*) FROM photos GROUP BY GROUPING SETS ((classify(image)), (grp), ())"),
    Shape("DISTINCT in a count", 1000, 32, "SELECT count(DISTINCT classify(image)) FROM photos"),
    Shape(
      "two DISTINCTs",
      1000,
      32,
      "SELECT count(DISTINCT classify(image)), count(DISTINCT grp) FROM photos"),
    Shape(
      "FILTER",
      1000,
      32,
      "SELECT grp, count(*) FILTER (WHERE classify(image) = 'row') FROM photos GROUP BY grp"),
    Shape(
      "labels above DISTINCT images of which labels were asked: their number today",
      2000,
      64,
      "SELECT classify(image) FROM (SELECT DISTINCT image FROM photos WHERE classify(image) <> '')"
    ),
    Shape("FILTER of rows", 100, 4, "SELECT count(classify(image)) FILTER (WHERE size < 10) FROM photos"),
    Shape(
      "an image that fails where FILTER leaves it out",
      990,
      32,
      """SELECT max(classify(CAST(rpad(CAST(100 / size AS STRING), 64, 'x') AS BINARY))) FILTER (WHERE size > 0)
        |FROM photos""".stripMargin
    ),
    Shape("max_by", 1000, 32, "SELECT grp, max_by(id, classify_score(image)) FROM photos GROUP BY grp"),
    Shape(
      "PIVOT",
      1000,
      32,
      "SELECT * FROM (SELECT grp, id, classify(image) AS label FROM photos) PIVOT (count(id) FOR label IN ('row', 'column', 'none'))"),
    Shape(
      "UNPIVOT",
      1000,
      32,
      "SELECT * FROM (SELECT id, classify(image) AS a, upper(classify(image)) AS b FROM photos) UNPIVOT (label FOR name IN (a, b))"),
    Shape(
      "a window by label, and the label above",
      1000,
      32,
      """SELECT id, classify(image) FROM
        |(SELECT *, row_number() OVER (PARTITION BY classify(image) ORDER BY id) AS place FROM photos)
        |WHERE place > 2""".stripMargin
    ),
    Shape(
      "a window that keeps few rows by score, and the label above",
      1000,
      32,
      """SELECT id, classify(image) FROM (
        |  SELECT *, row_number() OVER (PARTITION BY size ORDER BY classify_score(image), id) AS place FROM photos)
        |WHERE place <= 2""".stripMargin
    ),
    Shape(
      "groups of rows that are together already, ordered",
      1000,
      33,
      """SELECT size, max(classify(image)) AS label FROM (SELECT /*+ REPARTITION(4, size) */ * FROM photos)
        |GROUP BY size ORDER BY label, size""".stripMargin
    ),
    Shape(
      "a window by label",
      1000,
      32,
      "SELECT id, row_number() OVER (PARTITION BY classify(image) ORDER BY id) FROM photos"),
    Shape(
      "a window's label",
      1000,
      32,
      "SELECT id, lag(classify(image)) OVER (PARTITION BY grp ORDER BY id) FROM photos"),
    Shape(
      "the label of a window's image",
      997,
      32,
      "SELECT id, classify(lag(image) OVER (PARTITION BY grp ORDER BY id)) FROM photos"),
    Shape(
      "the best of each label",
      1000,
      32,
      """SELECT * FROM (
        |  SELECT id, row_number() OVER (PARTITION BY classify(image) ORDER BY classify_score(image) DESC, id) AS place
        |  FROM photos) WHERE place <= 2""".stripMargin
    )
  )
}
