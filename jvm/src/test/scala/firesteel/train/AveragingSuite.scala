/* The mean of the workers' weights. */
package firesteel.train

import scala.util.Random

import org.scalatest.funsuite.AnyFunSuite

class AveragingSuite extends AnyFunSuite {
  private val random = new Random(1)

  private def weights(n: Int = 1000): Array[Float] = Array.fill(n)((random.nextGaussian() * 10).toFloat)

  private def bits(values: Array[Float]): Seq[Int] = values.toSeq.map(java.lang.Float.floatToRawIntBits)

  test("equal weights stay as they are, bit for bit, whatever their rows") {
    val same = weights()
    for (rows <- Seq(Seq(1L, 1L), Seq(3L, 5L, 7L), Seq(1L, 1000000007L), Seq.fill(10)(9L)))
      assert(bits(Averaging.average(rows.map(_ -> same.clone))) === bits(same), rows)
  }

  test("a worker weighs as much as it has rows") {
    val mean = Averaging.average(Seq(1L -> Array(0f, 4f), 3L -> Array(8f, 0f)))
    assert(mean.toSeq === Seq(6f, 1f))
  }

  test("the mean is that in f64 within 1e-7") {
    for (workers <- 2 to 7) {
      val all = Seq.fill(workers)((1 + random.nextInt(1000)).toLong -> weights())
      val total = all.map(_._1).sum
      val mean = Averaging.average(all)
      for (i <- mean.indices) {
        val exact = all.map { case (rows, values) =>
          BigDecimal(rows) * BigDecimal(values(i).toDouble)
        }.sum / total
        val size = all.map { case (_, values) => math.abs(values(i)) }.max
        assert(math.abs(mean(i) - exact.toDouble) <= 1e-7 * size)
      }
    }
  }

  test("a worker without rows weighs nothing, not even with weights that are no numbers") {
    val (a, b) = (weights(), weights())
    val nothing = Array.fill(1000)(Float.NaN)
    val mean = Averaging.average(Seq(2L -> a, 5L -> b))
    assert(bits(Averaging.average(Seq(0L -> nothing, 2L -> a, 0L -> nothing, 5L -> b))) === bits(mean))
    assert(Averaging.average(Seq(0L -> nothing, 7L -> a)) eq a)
    assert(Averaging.average(Seq(0L -> a, 0L -> b)) eq a)
  }

  test("the order of workers changes no more than the last bit") {
    val all = Seq.fill(5)((1 + random.nextInt(100)).toLong -> weights())
    val mean = Averaging.average(all)
    for (order <- all.permutations.take(20)) {
      val other = Averaging.average(order)
      for (i <- mean.indices) assert(math.abs(mean(i) - other(i)) <= math.ulp(mean(i)))
    }
  }

  test("the mean lies between the least and the largest") {
    val all = Seq.fill(4)((1 + random.nextInt(100)).toLong -> weights())
    val mean = Averaging.average(all)
    for (i <- mean.indices) {
      val values = all.map(_._2(i))
      assert(values.min <= mean(i) && mean(i) <= values.max)
    }
  }

  test("empty states have an empty mean") {
    assert(Averaging.average(Seq(3L -> Array.empty[Float], 4L -> Array.empty[Float])).isEmpty)
  }

  test("huge weights do not overflow, tiny ones do not vanish") {
    val mean = Averaging.average(
      Seq(
        3L -> Array(Float.MaxValue, Float.MinPositiveValue),
        4L -> Array(Float.MaxValue, Float.MinPositiveValue)))
    assert(mean.toSeq === Seq(Float.MaxValue, Float.MinPositiveValue))
  }
}
