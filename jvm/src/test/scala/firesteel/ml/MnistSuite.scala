/* LeNet on all of MNIST, as good as PyTorch's. Takes minutes: only with FIRESTEEL_SLOW=1 and FIRESTEEL_DATA. */
package firesteel.ml

import java.nio.file.{Files, Path}

import firesteel.SparkSuite

import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.json4s.DefaultFormats
import org.json4s.jackson.JsonMethods.parse

class MnistSuite extends SparkSuite {

  test("the median test accuracy of seeds 1 to 5 is within 0.001 of the median of the PyTorch script's") {
    assume(slow && data.isDefined)
    implicit val formats: DefaultFormats.type = DefaultFormats
    val root = Path.of(System.getProperty("firesteel.root"))
    val expectations = parse(Files.readString(root.resolve("tests/parity/expected/mnist.json")))
    val expected = (expectations \ "median_test_accuracy").extract[Double]

    val mnist = data.get.resolve("mnist")
    val train = spark.read.format("idx").load(s"$mnist/train-images-idx3-ubyte.gz").cache()
    val test = spark.read.format("idx").load(s"$mnist/t10k-images-idx3-ubyte.gz").cache()
    assert(train.count() == 60000 && test.count() == 10000)
    val lenet = Network
      .input(1, 28, 28)
      .conv(20, kernel = 5)
      .relu
      .maxPool(2)
      .conv(50, kernel = 5)
      .relu
      .maxPool(2)
      .flatten
      .dense(500)
      .relu
      .dense(10)
    val accuracies = (1 to 5).map { seed =>
      val cnn = new CnnClassifier()
        .setFeaturesCol("image")
        .setNetwork(lenet)
        .setLearningRate(0.01)
        .setMomentum(0.9)
        .setBatchSize(64)
        .setEpochs(3)
        .setSeed(seed.toLong)
        .setVerbose(false)
      new MulticlassClassificationEvaluator()
        .setMetricName("accuracy")
        .evaluate(cnn.fit(train).transform(test))
    }
    info(s"accuracies $accuracies, PyTorch's median $expected")
    val median = accuracies.sorted.apply(2)
    // Not worse than PyTorch by more than 0.001, and not better by more than chance allows.
    assert(math.abs(median - expected) <= 0.001, accuracies)
  }
}
