/* The shapes of queries that read several tables, or one table several times. */
package firesteel.sql

object ShapesOfJoins {
  private val names = "VALUES ('row', 1), ('none', 2) AS names (label, number)"

  val joins: Seq[Shape] = Seq(
    Shape(
      "a join by label",
      1000,
      32,
      s"SELECT id, number FROM photos JOIN ($names) ON classify(image) = label"),
    Shape(
      "a left join by label",
      1000,
      32,
      s"SELECT id, number FROM photos LEFT JOIN ($names) ON classify(image) = label"),
    Shape(
      "a full join by label",
      1000,
      32,
      s"SELECT id, number FROM photos FULL JOIN ($names) ON classify(image) = label"),
    Shape(
      "a left semi join",
      1000,
      32,
      s"SELECT id FROM photos LEFT SEMI JOIN ($names) ON classify(image) = label"),
    Shape(
      "a left anti join",
      1000,
      32,
      s"SELECT id FROM photos LEFT ANTI JOIN ($names) ON classify(image) = label"),
    Shape(
      "a join of labels on both sides",
      30,
      2,
      "SELECT p.id, q.id FROM photos p JOIN photos q ON classify(p.image) = classify(q.image) WHERE p.id < 20 AND q.id < 10"
    ),
    Shape(
      "a product with labels that are equal",
      30,
      2,
      "SELECT p.id, q.id FROM photos p, photos q WHERE p.id < 20 AND q.id < 10 AND classify(p.image) = classify(q.image)"
    ),
    Shape(
      "a product with labels that differ: its number today",
      120,
      8,
      "SELECT p.id, q.id FROM photos p, photos q WHERE p.id < 20 AND q.id < 10 AND classify(p.image) < classify(q.image)"
    ),
    Shape(
      "labels that are equal above a join by another column",
      20,
      2,
      "SELECT p.id, q.id FROM photos p, photos q WHERE p.id < 10 AND q.id = p.id + 10 AND classify(p.image) = classify(q.image)"
    ),
    Shape(
      "a guard over the other side of a join",
      1000,
      32,
      "SELECT p.id, q.id FROM photos p JOIN photos q ON p.id = q.id AND IF(q.size < 10, classify(p.image), 'x') = 'row'"
    ),
    Shape(
      "a guard over the other side of a left join",
      1000,
      32,
      """SELECT p.id, q.id FROM photos p LEFT JOIN photos q
        |ON p.id = q.id AND CASE WHEN q.size < 10 THEN classify(p.image) = 'row' END""".stripMargin
    ),
    Shape(
      "a condition on one side of a join",
      1000,
      32,
      "SELECT p.id FROM photos p JOIN photos q ON p.id = q.id WHERE classify(p.image) = 'row'"),
    Shape(
      "SELECT above a join with a condition below",
      1000,
      32,
      "SELECT p.id, classify(p.image) FROM photos p JOIN photos q ON p.id = q.id WHERE classify(p.image) = 'row'"
    ),
    Shape(
      "SELECT above a join that leaves little",
      2,
      2,
      "SELECT p.id, classify(p.image) FROM photos p JOIN (VALUES (1), (500)) AS q (n) ON p.id % 500 = n AND p.id < 1000"
    ),
    Shape(
      "an image of both sides of an inner join",
      1000,
      32,
      "SELECT p.id FROM photos p JOIN photos q ON p.id = q.id AND classify(IF(p.size < q.grp, p.image, q.image)) = 'row'"
    ),
    Shape(
      "an image of both sides of an outer join: row by row",
      0,
      0,
      """SELECT p.id, q.id FROM photos p LEFT JOIN photos q
        |ON p.id = q.id AND classify(IF(p.size < q.grp, p.image, q.image)) = 'row'""".stripMargin
    ),
    Shape(
      "SELECT above a left join whose right side may be missing",
      1106,
      36,
      """SELECT p.id, classify(q.image) FROM photos p LEFT JOIN (
        |  SELECT id, image FROM photos WHERE classify(image) = 'row') q ON p.id = q.id""".stripMargin
    ),
    Shape(
      "SELECT above a right join whose right side is there",
      1000,
      32,
      """SELECT p.id, classify(q.image) FROM photos p RIGHT JOIN (
        |  SELECT id, image FROM photos WHERE classify(image) = 'row') q ON p.id = q.id + 1""".stripMargin
    ),
    Shape(
      "a left join on a label of the left side",
      1000,
      32,
      "SELECT p.id, q.id, classify(p.image) FROM photos p LEFT JOIN photos q ON p.id = q.id AND classify(p.image) = 'row'"
    ),
    Shape(
      "a cross join",
      2,
      2,
      "SELECT p.id, classify(q.image) FROM photos p CROSS JOIN photos q WHERE p.id < 3 AND q.id IN (1, 999)"),
    Shape(
      "a self join",
      1000,
      32,
      """SELECT a.id, b.id FROM (SELECT id, classify(image) AS label FROM photos) a
        |JOIN (SELECT id, classify(image) AS label FROM photos) b ON a.id = b.id AND a.label = b.label""".stripMargin
    ),
    Shape("LATERAL", 1000, 32, "SELECT id, label FROM photos, LATERAL (SELECT classify(image) AS label)")
  )

  val subqueries: Seq[Shape] = Seq(
    Shape(
      "IN",
      1003,
      33,
      "SELECT id FROM photos WHERE classify(image) IN (SELECT classify(image) FROM photos WHERE id < 3)"),
    Shape(
      "NOT IN",
      1003,
      33,
      "SELECT id FROM photos WHERE classify(image) NOT IN (SELECT classify(image) FROM photos WHERE id < 3)"),
    Shape(
      "IN by another column",
      1000,
      32,
      "SELECT id FROM photos WHERE id IN (SELECT id + 1 FROM photos WHERE classify(image) = 'row')"),
    Shape(
      "EXISTS",
      96,
      7,
      "SELECT id FROM photos WHERE EXISTS (SELECT 1 FROM photos WHERE classify(image) = 'row')"),
    Shape(
      "a correlated EXISTS",
      1020,
      33,
      """SELECT id FROM photos p WHERE EXISTS (
        |  SELECT 1 FROM photos q WHERE q.id < 20 AND q.size = p.size AND classify(q.image) = classify(p.image))""".stripMargin
    ),
    Shape(
      "a correlated EXISTS with an image of both sides: row by row",
      0,
      0,
      """SELECT id FROM photos p WHERE EXISTS (
        |  SELECT 1 FROM photos q WHERE q.id = p.id AND classify(IF(q.size < p.grp, q.image, p.image)) = 'row')""".stripMargin
    ),
    Shape(
      "a correlated NOT EXISTS",
      1000,
      32,
      """SELECT id FROM photos p WHERE NOT EXISTS (
        |  SELECT 1 FROM photos q WHERE q.id = p.id + 1 AND classify(q.image) = 'row')""".stripMargin
    ),
    Shape("a scalar subquery", 1000, 32, "SELECT id, (SELECT max(classify(image)) FROM photos) FROM photos"),
    Shape(
      "a scalar subquery twice",
      1000,
      32,
      """SELECT id, (SELECT max(classify(image)) FROM photos) FROM photos
        |WHERE (SELECT max(classify(image)) FROM photos) <> 'x'""".stripMargin
    ),
    Shape("a scalar subquery in an image", 1, 1, "SELECT classify((SELECT max(image) FROM photos))"),
    Shape(
      "a correlated scalar subquery",
      1000,
      32,
      "SELECT id, (SELECT max(classify(q.image)) FROM photos q WHERE q.size = p.size) FROM photos p"),
    Shape(
      "a correlated scalar subquery over a label: its number today",
      1010,
      33,
      "SELECT id, (SELECT count(*) FROM photos q WHERE q.id < 10 AND classify(q.image) = classify(p.image)) FROM photos p"
    ),
    Shape(
      "a correlated scalar subquery over the same table: its number today",
      2000,
      64,
      "SELECT id FROM photos p WHERE classify(image) = (SELECT max(classify(q.image)) FROM photos q WHERE q.grp = p.grp)"
    ),
    Shape(
      "a CTE",
      1000,
      32,
      "WITH labels AS (SELECT id, classify(image) AS label FROM photos) SELECT * FROM labels WHERE label = 'row'"),
    Shape(
      "a CTE twice: its number today",
      2000,
      64,
      """WITH labels AS (SELECT id, classify(image) AS label FROM photos)
        |SELECT * FROM labels WHERE label = 'row' UNION ALL SELECT * FROM labels WHERE label = 'none'""".stripMargin
    )
  )

  val sets: Seq[Shape] = Seq(
    Shape(
      "UNION ALL",
      200,
      8,
      "SELECT classify(image) FROM photos WHERE size < 10 UNION ALL SELECT classify(image) FROM photos WHERE size >= 90"),
    Shape(
      "a condition above UNION ALL",
      20,
      8,
      """SELECT label FROM (
        |  SELECT size, classify(image) AS label FROM photos UNION ALL SELECT size, classify(image, '@other') FROM photos)
        |WHERE size = 7""".stripMargin
    ),
    Shape(
      "a label above UNION ALL",
      2000,
      64,
      "SELECT classify(image) FROM (SELECT image FROM photos UNION ALL SELECT image FROM photos)"),
    Shape(
      "UNION",
      2000,
      64,
      "SELECT classify(image) FROM photos UNION SELECT classify(image, '@other') FROM photos"),
    Shape(
      "INTERSECT",
      2000,
      64,
      "SELECT classify(image) FROM photos INTERSECT SELECT lower(upper(classify(image))) FROM photos"),
    Shape(
      "EXCEPT",
      1100,
      36,
      "SELECT id, classify(image) FROM photos EXCEPT SELECT id, classify(image) FROM photos WHERE size < 10")
  )
}
