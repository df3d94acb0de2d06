/* The training loop, with one worker and with several. */
package firesteel.train

import firesteel.SparkSuite
import firesteel.jni.{ErrorCode, NativeException, Trainer}

import org.json4s.DefaultFormats
import org.json4s.jackson.JsonMethods.parse

class RoundsSuite extends SparkSuite {
  import BarsPlan._

  private def train(plan: Plan[Array[Byte]], count: Int = 300): (Array[Float], Seq[Epoch]) =
    Rounds.run(rows(spark, count), plan, initial, verbose = false)

  test(
    "with one, two and three workers the loss falls, each row counts once, and a second run gives the same bits") {
    val results = for (workers <- 1 to 3) yield {
      val (weights, history) = train(plan(epochs = 4, workers = workers))
      assert(history.map(_.epoch) === Seq(1, 2, 3, 4))
      assert(history.forall(_.rows == 300))
      assert(history.forall(_.seconds > 0))
      assert(history.last.loss < 0.8 * history.head.loss, history)
      assert(history.last.accuracy > history.head.accuracy && history.last.accuracy <= 1, history)
      val (again, same) = train(plan(epochs = 4, workers = workers))
      assert(bits(again) === bits(weights))
      assert(same.map(e => (e.loss, e.accuracy)) === history.map(e => (e.loss, e.accuracy)))
      bits(weights)
    }
    assert(results.distinct.size === 3, "another number of workers is another way to train")
  }

  test("one worker is plain training, bit for bit") {
    val blocks = Packing.pack(rows(spark, 300), Values.Bytes, 64, workers = 1, seed = 1).collect().toSeq
    var (weights, state) = (initial, Array.emptyFloatArray)
    for (round <- 0 until 3) {
      val after = plain(plan(), blocks, weights, state, round)
      weights = after._1
      state = after._2
    }
    assert(bits(train(plan(epochs = 3))._1) === bits(weights))
  }

  test("several workers are plain training of each, averaged by their rows") {
    val count = 301 // uneven shares
    val blocks =
      Packing.pack(rows(spark, count), Values.Bytes, 64, workers = 3, seed = 1).glom().collect().toSeq
    assert(blocks.map(_.map(_.rows).sum).distinct.size > 1)
    var (weights, state) = (initial, Array.emptyFloatArray)
    for (round <- 0 until 2) {
      val results = blocks.zipWithIndex.map { case (own, worker) =>
        own.map(_.rows.toLong).sum -> plain(plan(workers = 3), own.toSeq, weights, state, round, worker)
      }
      weights = Averaging.average(results.map { case (n, (w, _)) => n -> w })
      state = Averaging.average(results.map { case (n, (_, s)) => n -> s })
    }
    assert(bits(train(plan(epochs = 2, workers = 3), count)._1) === bits(weights))
  }

  test("a worker without rows weighs nothing") {
    // The one row belongs to the second worker.
    val one = spark.sparkContext.parallelize(Seq(0, 1), 2).flatMap { i =>
      if (i == 1) Some(firesteel.Bars.images(1).head) else None
    }
    assert(
      Packing.pack(one, Values.Bytes, 64, 3, 1).glom().map(_.map(_.rows).sum).collect() === Array(0, 1, 0))
    val (alone, history) = Rounds.run(one, plan(epochs = 3), initial, verbose = false)
    assert(history.map(_.rows) === Seq(1, 1, 1))
    val (three, same) = Rounds.run(one, plan(epochs = 3, workers = 3), initial, verbose = false)
    assert(bits(three) === bits(alone))
    assert(same.map(_.loss) === history.map(_.loss))
  }

  test("more workers than processors take turns") {
    assert(train(plan(workers = 7))._2.head.rows === 300)
  }

  test("rows are read once, however many epochs there are") {
    val read = spark.sparkContext.longAccumulator
    val counted = rows(spark, 100).map { row => read.add(1); row }
    Rounds.run(counted, plan(epochs = 5, workers = 2), initial, verbose = false)
    assert(read.value === 100)
  }

  test("no rows are an error") {
    for (none <- Seq(rows(spark, 0), spark.sparkContext.emptyRDD[(Array[Byte], Int)])) {
      val error = intercept[IllegalArgumentException](Rounds.run(none, plan(), initial, verbose = false))
      assert(error.getMessage.endsWith("there are no rows to train on"))
    }
  }

  test("a fit leaves no cached data and no trainer behind, whether it ends well or not") {
    val sc = spark.sparkContext
    val cached = sc.getPersistentRDDs.keySet
    val live = Trainer.live()
    train(plan(epochs = 2))
    assert(sc.getPersistentRDDs.keySet === cached)
    val diverging = plan(epochs = 50).copy(configuration = configuration.copy(learningRate = 1e30))
    val error = intercept[NativeException](train(diverging))
    assert(error.code === ErrorCode.DIVERGED)
    assert(sc.getPersistentRDDs.keySet === cached)
    assert(Trainer.live() === live)
  }

  test("each round is told its number, and otherwise the same") {
    implicit val formats: DefaultFormats.type = DefaultFormats
    val told = Seq(0, 3).map(round => parse(configuration.json(round, worker = 2, seed = -1)))
    assert(told.map(json => (json \ "round").extract[Int]) === Seq(0, 3))
    assert(told.map(_.removeField(_._1 == "round")).distinct.size === 1)
    assert((told.head \ "learningRate").extract[Double] === 0.05)
    assert((told.head \ "momentum").extract[Double] === 0.9)
    assert((told.head \ "weightDecay").extract[Double] === 0.0)
    assert((told.head \ "device").extract[String] === "cpu")
    assert((told.head \ "random" \ "seed").extract[BigInt] === (BigInt(1) << 64) - 1)
    assert((told.head \ "random" \ "partition").extract[Int] === 2)
    assert(told.head \ "trainableLayers" === org.json4s.JNothing)
    val some = parse(configuration.copy(trainableLayers = Seq("conv1")).json(0, 0, 0))
    assert((some \ "trainableLayers").extract[Seq[String]] === Seq("conv1"))
    assert(told.head \ "augmentations" === org.json4s.JArray(Nil))
    val flip = """[{"randomHorizontalFlip":{"probability":0.5}}]"""
    assert(parse(configuration.copy(augmentations = flip).json(0, 0, 0)) \ "augmentations" === parse(flip))
    assert((told.head \ "network") === parse(configuration.network))
  }
}
