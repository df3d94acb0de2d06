/* The functions of images without a network give row by row what they give in the operator. */
package firesteel.sql

import firesteel.Pictures

import org.apache.spark.sql.Row

class ImageFunctionsByRowSuite extends SqlSuite {
  private val header = "try_image_info(content)"
  private val resized = "try_image_resize(content, 6, 4)"

  /** Rows with bytes that can be compared. */
  private def comparable(rows: Seq[Row]): Seq[Seq[Any]] = rows.map(_.toSeq.map {
    case bytes: Array[Byte] => bytes.toSeq
    case other => other
  })

  /** What the operator gives. */
  private lazy val operator: Seq[Row] = {
    val ran = run(s"SELECT id, $header AS info, $resized AS image FROM pictures ORDER BY id")
    assert(ran.operators === 2 && ran.images === 2 * Pictures.rows * 9 / 10)
    assert(ran.rows.size === Pictures.rows)
    for (row <- ran.rows) {
      val bad = row.getInt(0) % 10 >= 8
      assert(row.isNullAt(1) === bad && row.isNullAt(2) === bad, row)
    }
    ran.rows
  }

  /** Asserts that a query gives the operator's rows, without one. */
  private def byRow(text: String): Unit = {
    val ran = run(text)
    assert((ran.images, ran.calls, ran.operators) === (0, 0, 0), text)
    assert(comparable(ran.rows) === comparable(operator), text)
  }

  test("in lambdas") {
    byRow(s"""SELECT id, transform(array(content), c -> try_image_info(c))[0],
      |  transform(array(content), c -> try_image_resize(c, 6, 4))[0] FROM pictures ORDER BY id""".stripMargin)
    val ran = run("SELECT id, filter(array(content), c -> try_image_info(c).format = 'png') FROM pictures")
    val pngs = operator.filter(row => !row.isNullAt(1) && row.getStruct(1).getString(0) == "png").map(_(0))
    assert(ran.rows.filter(_.getSeq[Any](1).nonEmpty).map(_(0)).toSet === pngs.toSet && pngs.size === 107)
  }

  test("where the rule is excluded, with generated code and without") {
    val own = newSession()
    own.conf.set("spark.sql.optimizer.excludedRules", "firesteel.sql.ExtractScores")
    for (mode <- Seq("CODEGEN_ONLY", "NO_CODEGEN")) {
      own.conf.set("spark.sql.codegen.factoryMode", mode)
      own.conf.set("spark.sql.codegen.wholeStage", mode == "CODEGEN_ONLY")
      val table = own.sql(s"SELECT id, $header, $resized FROM pictures ORDER BY id")
      val ran = run(table)
      assert((ran.images, ran.operators) === (0, 0))
      assert(comparable(ran.rows) === comparable(operator), mode)
    }
  }

  test("in the condition of an outer join") {
    val own = session
    import own.implicits._
    val known = operator.map { row =>
      val size = Option(row.getStruct(1)).map(info => info.getInt(1) -> info.getInt(2))
      (row.getInt(0), size.map(_._1), size.map(_._2), row.getAs[Array[Byte]](2))
    }
    known.toDF("id", "width", "height", "image").createOrReplaceTempView("known")
    // Of both sides, so that there is no place for an operator.
    val either = "IF(k.id >= 0, p.content, NULL)"
    def matched(condition: String): Seq[Int] = {
      val ran = run(
        s"SELECT p.id, k.id FROM pictures p LEFT JOIN known k ON p.id = k.id AND $condition ORDER BY p.id")
      assert((ran.images, ran.operators) === (0, 0) && ran.rows.size === Pictures.rows, condition)
      ran.rows.filter(!_.isNullAt(1)).map(_.getInt(0))
    }
    val (all, good) = (0 until Pictures.rows, (0 until Pictures.rows).filter(_ % 10 < 8))
    for ((field, i) <- Seq("width", "height").zipWithIndex) {
      assert(matched(s"try_image_info($either).$field <=> k.$field") === all)
      val other = Seq("height", "width")(i)
      val equal = known.collect { case (id, w, h, _) if w == h => id }
      assert(matched(s"try_image_info($either).$field <=> k.$other") === equal && equal.size < 100)
    }
    assert(matched(s"try_image_resize($either, 6, 4) <=> k.image") === all)
    assert(matched(s"try_image_resize($either, 6, 4) = k.image") === good)
    assert(matched(s"try_image_resize($either, 4, 6) = k.image") === Nil)
  }

  test("a bad image is told as the operator tells it") {
    for (call <- Seq("image_info(c)", "image_resize(c, 6, 4)")) {
      val text = s"SELECT transform(array(content), c -> $call) FROM pictures"
      assert(sql(s"$text WHERE id % 10 < 9").collect().length === Pictures.rows * 9 / 10)
      val error = intercept[Exception](sql(text).collect())
      val message =
        Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.getMessage).mkString
      assert(message.contains("FIRESTEEL_BAD_IMAGE") && message.contains("cannot be decoded: it is damaged"))
      assert(message.contains(s"try_${call.takeWhile(_ != '(')} gives NULL"), message)
    }
  }
}
