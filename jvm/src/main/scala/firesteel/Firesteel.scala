/* What an application asks of Firesteel beside its stages and functions. */
package firesteel

import firesteel.infer.{Architectures, ModelProblem}
import firesteel.ml.CnnClassificationModel
import firesteel.sql.{FiresteelExtensions, Functions}

import org.apache.hadoop.fs.Path
import org.apache.spark.ml.firesteel.ModelFolder
import org.apache.spark.ml.util.Identifiable
import org.apache.spark.sql.SparkSession

object Firesteel {

  /**
   * Makes a model of weights that others trained, and saves it. Nothing in the file of weights is executed.
   *
   * @param architecture a name of [[firesteel.ml.Zoo]], as `squeezenet1_1`
   * @param weights the path of a safetensors file, or of a state dictionary that PyTorch saved (`.pth`, `.th`, `.pt`)
   * @param labels `imagenet` for the classes of ILSVRC 2012; the path of a text file with a name on each line, in the
   *               order of the classes; or nothing: then the classes are numbers
   * @param output the path of the model's folder, which is replaced
   * @param preprocessing what differs from the network's own preprocessing, as JSON: by default nothing.
   *                      torchvision's second weights of ResNet-50 need `{"image": {"resize": {"shortSide": 232}}}`
   * @throws IllegalArgumentException naming the file, with every weight that is missing, unexpected or of another
   *                                  shape; or what is wrong with the preprocessing
   */
  def importModel(
      spark: SparkSession,
      architecture: String,
      weights: String,
      labels: String,
      output: String,
      preprocessing: String = "{}"): CnnClassificationModel = {
    val path = new Path(weights)
    val file = ModelFolder.read(path.getFileSystem(spark.sessionState.newHadoopConf()), path)
    val model =
      try {
        val names = ClassNames.named(spark, labels)
        val imported = Architectures.importWeights(architecture, preprocessing, file, names)
        new CnnClassificationModel(Identifiable.randomUID(architecture), imported.bytes)
      } catch { case ModelProblem(problem) => throw new IllegalArgumentException(s"$weights: $problem") }
    model.write.overwrite().save(output)
    model
  }

  /**
   * Makes an SQL function of a model, which need not be saved: `name(image)` gives the label of the most likely class,
   * and `try_name(image)` gives NULL for a bad image, where that one fails. They are temporary:
   * known to this session alone, as long as it lives. For a permanent one, save the model and use
   * `CREATE FUNCTION name(i BINARY) RETURNS STRING RETURN classify(i, '/path')`.
   */
  def registerFunction(spark: SparkSession, name: String, model: CnnClassificationModel): Unit = {
    FiresteelExtensions.install(spark)
    for ((function, builder) <- Functions.ofModel(name, model.reference))
      spark.sessionState.functionRegistry.createOrReplaceTempFunction(function, builder, "scala_udf")
  }
}
