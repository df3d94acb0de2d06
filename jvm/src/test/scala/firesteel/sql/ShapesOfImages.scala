/* The shapes of queries with the functions that need no network, over `pictures`: of its 200 rows 20 are null,
 * and 20 are no images. */
package firesteel.sql

object ShapesOfImages {
  val images: Seq[Shape] = Seq(
    Shape(
      "a header and a resized image",
      360,
      16,
      "SELECT id, try_image_info(content), try_image_resize(content, 6, 4) FROM pictures"),
    Shape(
      "fields of a header",
      160,
      8,
      "SELECT id, image_info(content).width, image_info(content).height FROM pictures WHERE id % 10 < 8"),
    Shape(
      "two sizes",
      360,
      16,
      "SELECT id, try_image_resize(content, 6, 4), try_image_resize(content, 4, 6) FROM pictures"),
    Shape(
      "a resized image where the header says so",
      287,
      12,
      "SELECT id, try_image_resize(content, 6, 4) FROM pictures WHERE try_image_info(content).format = 'png'"
    ),
    Shape(
      "a condition above a resized image",
      80,
      4,
      """SELECT image FROM (SELECT size, image_resize(content, 6, 4) AS image FROM pictures)
        |WHERE size < 8""".stripMargin
    ),
    Shape(
      "ORDER BY a header and LIMIT",
      180,
      8,
      """SELECT id, width FROM (SELECT id, try_image_info(content).width AS width FROM pictures)
        |ORDER BY width DESC, id LIMIT 7""".stripMargin
    ),
    Shape(
      "resized images below ORDER BY a header and LIMIT",
      187,
      9,
      """SELECT id, image FROM (
        |  SELECT id, try_image_info(content).width AS width, try_image_resize(content, 6, 4) AS image FROM pictures)
        |ORDER BY width DESC, id LIMIT 7""".stripMargin
    ),
    Shape(
      "GROUP BY a field of the header",
      360,
      16,
      """SELECT try_image_info(content).format AS format, count(*), max(length(try_image_resize(content, 6, 4)))
        |FROM pictures GROUP BY format""".stripMargin
    ),
    Shape(
      "GROUP BY a header and HAVING",
      180,
      8,
      """SELECT try_image_info(content).orientation AS turn, sum(size) FROM pictures GROUP BY turn
        |HAVING turn IS NULL OR turn > 0""".stripMargin
    ),
    Shape("DISTINCT resized images", 180, 8, "SELECT DISTINCT try_image_resize(content, 1, 1) FROM pictures"),
    Shape(
      "a window over a header",
      180,
      8,
      """SELECT id, row_number() OVER (PARTITION BY try_image_info(content).format ORDER BY id)
        |FROM pictures""".stripMargin
    ),
    Shape(
      "CASE with a header",
      80,
      4,
      "SELECT id, CASE WHEN size < 8 THEN image_info(content).format ELSE 'big' END FROM pictures"),
    Shape(
      "CASE by a header",
      287,
      12,
      """SELECT id, CASE WHEN try_image_info(content).format = 'png' THEN try_image_resize(content, 6, 4) END
        |FROM pictures""".stripMargin
    ),
    Shape(
      "a header of a resized image",
      340,
      16,
      "SELECT id, try_image_info(try_image_resize(content, 6, 4)) FROM pictures"),
    Shape(
      "headers in a lambda",
      0,
      0,
      "SELECT id, transform(array(content, NULL), c -> try_image_info(c)) FROM pictures"),
    Shape(
      "a resized image in a lambda",
      0,
      0,
      "SELECT id, transform(array(content), c -> length(try_image_resize(c, 6, 4))) FROM pictures"),
    Shape(
      "a join by headers",
      360,
      16,
      """SELECT p.id, q.id FROM pictures p JOIN pictures q
        |ON try_image_info(p.content).width = try_image_info(q.content).height AND p.size = q.size""".stripMargin
    ),
    Shape(
      "an outer join with a condition over a header",
      180,
      8,
      """SELECT p.id, q.id FROM pictures p LEFT JOIN pictures q
        |ON p.id = q.id AND try_image_info(p.content).orientation = 6""".stripMargin
    ),
    Shape(
      "an outer join with a condition over both sides",
      0,
      0,
      """SELECT p.id, q.id FROM pictures p LEFT JOIN pictures q
        |ON p.id = q.id AND try_image_info(IF(q.size < 8, p.content, NULL)).format = 'png'""".stripMargin
    ),
    Shape(
      "a join by resized images: both sides are one exchange",
      180,
      8,
      """SELECT p.id, q.id FROM pictures p JOIN pictures q
        |ON try_image_resize(p.content, 6, 4) = try_image_resize(q.content, 6, 4)""".stripMargin
    ),
    Shape(
      "UNION ALL of headers",
      160,
      8,
      """SELECT image_info(content) FROM pictures WHERE size < 8
        |UNION ALL SELECT try_image_info(content) FROM pictures WHERE size >= 10 AND size < 18""".stripMargin
    ),
    Shape(
      "UNION of resized images",
      360,
      16,
      """SELECT try_image_resize(content, 6, 4) FROM pictures
        |UNION SELECT try_image_resize(content, 4, 6) FROM pictures""".stripMargin
    ),
    Shape(
      "a scalar subquery over headers",
      360,
      16,
      """SELECT id FROM pictures
        |WHERE try_image_info(content).width = (SELECT max(try_image_info(content).width) FROM pictures)""".stripMargin
    ),
    Shape(
      "IN with resized images",
      350,
      16,
      """SELECT id FROM pictures WHERE try_image_resize(content, 6, 4) IN (
        |  SELECT try_image_resize(content, 6, 4) FROM pictures WHERE size < 18)""".stripMargin
    ),
    Shape(
      "a label of a resized image",
      340,
      16,
      "SELECT id, try_classify(try_image_resize(content, 8, 8)) FROM pictures")
  )
}
