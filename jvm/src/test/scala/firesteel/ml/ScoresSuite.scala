/* The same image has the same scores, bit for bit, whatever happens around it. */
package firesteel.ml

import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.functions.array_to_vector
import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.functions.{col, lit, rand, transform, udf}

class ScoresSuite extends SparkSuite {
  private val rows = 200
  private lazy val model = Bars.untrained(seed = 5)
  private lazy val table = Bars.table(spark, rows).cache()
  private lazy val expected = {
    val scores = Bars.scores(model.transform(table))
    assert(
      scores.size === rows && scores.values.toSeq.distinct.size === rows,
      "equal scores would show nothing")
    scores
  }

  test("scores do not depend on the size of the batches") {
    for ((key, value) <- Seq(
        "rows" -> "1",
        "rows" -> "7",
        "rows" -> "32",
        "bytes" -> "1",
        "bytes" -> "200b")) {
      val session = spark.newSession()
      session.conf.set(s"spark.firesteel.batch.$key", value)
      assert(Bars.scores(model.transform(Bars.table(session, rows))) === expected, (key, value))
    }
  }

  test("scores do not depend on neighbours, order or partitions") {
    for (seed <- 1 to 3) assert(Bars.scores(model.transform(table.orderBy(rand(seed)))) === expected)
    for (n <- Seq(1, 2, 7, 50)) assert(Bars.scores(model.transform(table.repartition(n))) === expected, n)
    val few = Bars.scores(model.transform(table.filter("id % 10 = 3")))
    assert(few.size === 20 && few.forall { case (id, scores) => scores == expected(id) })
  }

  test("scores do not depend on the plan") {
    assert(Bars.scores(model.transform(table).filter("prediction >= 0").limit(rows)) === expected)
    val united = model.transform(table.filter("id < 100")).union(model.transform(table.filter("id >= 100")))
    assert(Bars.scores(united) === expected)
    val joined = model.transform(table).join(table.select(col("id").as("other")), col("id") === col("other"))
    assert(Bars.scores(joined) === expected)
    val session = spark.newSession()
    session.conf.set("spark.sql.codegen.wholeStage", "false")
    session.conf.set("spark.sql.adaptive.enabled", "false")
    assert(Bars.scores(model.transform(Bars.table(session, rows))) === expected)
  }

  test("scores do not depend on bad neighbours") {
    val bad = table.withColumn("features", lit(null).cast("binary")).withColumn("id", col("id") + 1000)
    val mixed = table.union(bad).orderBy(rand(1))
    val skipped = Bars.scores(model.copy(ParamMap.empty).setHandleInvalid("skip").transform(mixed))
    assert(skipped === expected)
    val kept = Bars.scores(model.copy(ParamMap.empty).setHandleInvalid("keep").transform(mixed))
    assert(kept.size === 2 * rows)
    assert(kept.filter(_._1 < 1000) === expected)
  }

  test("bytes score as the numbers that they stand for, in whatever type they come") {
    val floats = table.withColumn("features", Bars.scaled(col("features")))
    assert(Bars.scores(model.transform(floats)) === expected)
    assert(
      Bars.scores(
        model.transform(floats.withColumn("features", col("features").cast("array<double>")))) === expected)
    val dense = array_to_vector(col("features"))
    assert(Bars.scores(model.transform(floats.withColumn("features", dense))) === expected)
    val sparse = udf((v: Vector) => v.toSparse)
    assert(Bars.scores(model.transform(floats.withColumn("features", sparse(dense)))) === expected)
  }

  test("numbers of all types are the same numbers") {
    val types = Seq("smallint", "int", "bigint", "float", "double", "decimal(5,1)")
    val small = table.withColumn("features", Bars.scaled(col("features")))
    val results = types.map { t =>
      val numbers =
        transform(col("features"), x => (x * 100).cast("int").cast(t))
      Bars.scores(model.transform(small.withColumn("features", numbers)))
    }
    assert(results.distinct.size === 1)
    assert(results.head.values.toSeq.distinct.size === rows)
  }

  test("another executor's cache makes no difference: the driver alone computes the same") {
    for (row <- table.withColumn("features", Bars.scaled(col("features"))).limit(20).collect()) {
      val vector = Vectors.dense(row.getSeq[Float](1).map(_.toDouble).toArray)
      val scores = model.predictRaw(vector).toArray.toSeq.map(java.lang.Double.doubleToRawLongBits)
      assert(scores === expected(row.getInt(0)))
    }
  }

  test("exact scores are near the fast ones, and are asked for by a setting") {
    // Many channels of a large map: what Winograd's algorithm is for.
    val network = Network.input(1, 28, 28).conv(32, kernel = 3).conv(32, kernel = 3).relu.flatten.dense(4)
    val model = Bars.untrained(seed = 3, network)
    val images = spark
      .range(20)
      .selectExpr(
        "cast(id as int) AS id",
        "transform(sequence(1, 784), x -> cast(pmod(x * x * (id + 3), 97) / 97 as float)) AS features")
    def scores(exact: Boolean): Map[Int, Seq[Long]] = {
      val session = spark.newSession()
      session.conf.set("spark.firesteel.exact", exact)
      Bars.scores(model.transform(session.createDataFrame(images.rdd, images.schema)))
    }
    val (fast, exact) = (scores(exact = false), scores(exact = true))
    assert(fast === scores(exact = false) && fast.size === 20)
    assert(fast.keys.count(id => fast(id) != exact(id)) > 10, "Winograd's sums are rounded otherwise")
    for ((id, bits) <- fast; (a, b) <- bits.zip(exact(id))) {
      val apart = java.lang.Double.longBitsToDouble(a) - java.lang.Double.longBitsToDouble(b)
      assert(math.abs(apart) < 1e-5, id)
    }
  }

  test("a model within a function of the user computes the same") {
    val model = this.model
    val raw = udf((v: Seq[Float]) => model.predictRaw(Vectors.dense(v.map(_.toDouble).toArray)))
    val scored = table.withColumn("rawPrediction", raw(Bars.scaled(col("features"))))
    assert(Bars.scores(scored) === expected)
  }

  test("the driver computes exactly where its session asks for that") {
    val network = Network.input(1, 28, 28).conv(32, kernel = 3).conv(32, kernel = 3).relu.flatten.dense(4)
    val model = Bars.untrained(seed = 3, network)
    val vector = Vectors.dense(Array.tabulate(784)(i => (i * i) % 97 / 97.0))
    val before = SparkSession.getActiveSession
    def found(exact: Boolean): Seq[Double] = {
      val session = spark.newSession()
      session.conf.set("spark.firesteel.exact", exact)
      SparkSession.setActiveSession(session)
      assert(model.plan.contains("Winograd") === !exact, model.plan)
      val raw = model.predictRaw(vector)
      val table = session.createDataFrame(Seq(Tuple1[Vector](vector))).toDF("features")
      assert(model.transform(table).head().getAs[Vector]("rawPrediction") === raw)
      raw.toArray.toSeq
    }
    try assert(found(exact = false) !== found(exact = true))
    finally before.fold(SparkSession.clearActiveSession())(SparkSession.setActiveSession)
  }
}
