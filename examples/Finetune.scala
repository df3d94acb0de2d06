/* Teaches a network that knows ImageNet new classes from few photos, which are changed at random in each epoch. */
package firesteel.examples

import firesteel.ml.{Augmentation, CnnClassifier, Zoo}
import firesteel.read.Images
import firesteel.report.Evaluation

import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.sql.{DataFrame, SparkSession}

/**
 * {{{
 * spark-submit --class firesteel.examples.Finetune --jars firesteel.jar \
 *   firesteel-examples.jar <folder with a folder per class> <the same to be tested on> <model of squeezenet1_1> [<epochs>]
 * }}}
 */
object Finetune {
  def main(arguments: Array[String]): Unit = {
    val Array(train, test, model, more @ _*) = arguments: @unchecked
    val spark = SparkSession.builder().appName("fine-tuning").getOrCreate()

    def photos(folder: String): DataFrame = Images.read(spark, folder).withColumnRenamed("label", "name")
    val classes = new StringIndexer()
      .setInputCol("name")
      .setOutputCol("label")
      .setStringOrderType("alphabetAsc")
      .fit(photos(train))
    val known = photos(train).cache()

    val cnn = new CnnClassifier()
      .setFeaturesCol("content")
      .setNetwork(Zoo.network("squeezenet1_1", classes.labelsArray.head.length))
      .setInitialModel(model)
      .setTrainableLayers(Array("features.12", "classifier"))
      .setResize("crop")
      .setShortSide(256)
      // Each epoch sees another part of each photo, half of them mirrored. The model itself changes nothing.
      .setAugmentations(
        Augmentation.randomResizedCrop(224, 224, scale = (0.5, 1.0)),
        Augmentation.randomHorizontalFlip())
      .setBatchSize(8)
      .setLearningRate(0.001)
      .setMomentum(0.9)
      .setEpochs(more.headOption.fold(10)(_.toInt))
      .setSeed(1)
    val tuned = cnn.fit(classes.transform(known))
    tuned.summary.history.show()

    val evaluation = Evaluation.of(tuned.transform(classes.transform(photos(test))), labels = tuned.labels)
    println(f"accuracy on unseen photos: ${evaluation.accuracy}%.3f")
    println(evaluation)
    spark.stop()
  }
}
