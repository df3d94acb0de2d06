/* What the stages that apply a stored model to a column of images share. */
package firesteel.ml

import firesteel.sql.{ImageInput, StoredModel, StoredModels}

import org.apache.spark.ml.Transformer
import org.apache.spark.ml.param.{Param, Params}
import org.apache.spark.ml.param.shared.{HasInputCol, HasOutputCol}
import org.apache.spark.ml.util.DefaultParamsWritable
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.types.{StructField, StructType}

/** The name of a model. */
private[ml] trait HasModel extends Params {

  /**
   * The model: a path on any Hadoop file system, or a bare name below `spark.firesteel.models.dir`; if not set, that of
   * `spark.firesteel.model`.
   * @group param
   */
  final val model: Param[String] = new Param[String](
    this,
    "model",
    "path of the model, or a bare name below spark.firesteel.models.dir; if not set, that of spark.firesteel.model"
  )

  /** @group getParam */
  final def getModel: String = $(model)
}

/** A transformer that scores images by a stored model, which is looked at when a plan is made. */
private[ml] trait ImageStage
    extends Transformer
    with HasInputCol
    with HasOutputCol
    with HasModel
    with HasHandleInvalid
    with DefaultParamsWritable {

  /** @group setParam */
  def setInputCol(value: String): this.type = set(inputCol, value)

  /** @group setParam */
  def setOutputCol(value: String): this.type = set(outputCol, value)

  /** @group setParam */
  def setModel(value: String): this.type = set(model, value)

  /** @group setParam */
  def setHandleInvalid(value: String): this.type = set(handleInvalid, value)

  /** The column that is appended. */
  protected def output: StructField

  override def transformSchema(schema: StructType): StructType = {
    require(isDefined(inputCol), s"the parameter inputCol of $uid is not set: name the column of images")
    val field = Features.field(schema, $(inputCol))
    require(
      ImageInput.of(field.dataType).isDefined && !ImageInput.isArray(field.dataType),
      s"column '${field.name}' is ${field.dataType.sql}: images must be ${ImageInput.Types.replace("\"", "")}"
    )
    Schema.add(schema, output)
  }

  /** The model that the parameters name. */
  protected def storedModel(session: SparkSession): StoredModel =
    StoredModels.named(get(model), s"the stage $uid", session)
}
