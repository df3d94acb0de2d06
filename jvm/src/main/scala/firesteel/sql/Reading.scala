/* What a function makes of the scores of an image, or of what else was made of it. */
package firesteel.sql

import org.apache.spark.ml.linalg.{DenseVector, SQLDataTypes, Vector, Vectors}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.util.GenericArrayData
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

/** A function of the scores. */
private[firesteel] sealed trait Reading extends Serializable {
  def dataType: DataType

  /** The value in Spark's internal form. */
  def apply(scores: Array[Float]): Any

  /** The same of the scores in a row. */
  def of(row: InternalRow, ordinal: Int): Any = apply(row.getArray(ordinal).toFloatArray())

  /** The same for a model that may have other labels. */
  def withLabels(labels: Labels): Reading = this
}

/** The names of the classes: those of the model, or else their indices. */
private[firesteel] final case class Labels(names: Seq[String]) {
  private lazy val texts = names.map(UTF8String.fromString).toArray
  def apply(i: Int): UTF8String = if (texts.isEmpty) UTF8String.fromString(i.toString) else texts(i)
  override def toString: String = if (names.isEmpty) "no labels" else s"${names.size} labels"
}

private[firesteel] object Reading {

  /** The label of the largest score. */
  final case class Label(labels: Labels) extends Reading {
    override def dataType: DataType = StringType
    override def apply(scores: Array[Float]): Any = labels(Probabilities.argmax(scores))
    override def withLabels(labels: Labels): Reading = Label(labels)
  }

  /** The largest probability. */
  case object Score extends Reading {
    override def dataType: DataType = FloatType
    override def apply(scores: Array[Float]): Any =
      Probabilities.of(scores).apply(Probabilities.argmax(scores)).toFloat
  }

  /** The k largest probabilities with their labels, the largest first; of equal ones the first class first. */
  final case class TopK(k: Int, labels: Labels) extends Reading {
    override def dataType: DataType = ArrayType(TopK.element, containsNull = false)
    override def apply(scores: Array[Float]): Any = {
      val probabilities = Probabilities.of(scores)
      val best = scores.indices.sortBy(i => -scores(i)).take(k)
      new GenericArrayData(best.map(i => InternalRow(labels(i), probabilities(i).toFloat)).toArray[Any])
    }
    override def withLabels(labels: Labels): Reading = TopK(k, labels)
  }

  object TopK {
    private val element = StructType(
      Seq(
        StructField("label", StringType, nullable = false),
        StructField("probability", FloatType, nullable = false)))
  }

  /** The probability of each class. */
  case object AllProbabilities extends Reading {
    override def dataType: DataType = ArrayType(FloatType, containsNull = false)
    override def apply(scores: Array[Float]): Any =
      new GenericArrayData(Probabilities.of(scores).map(_.toFloat).toArray[Any])
  }

  /** The numbers themselves. */
  case object Values extends Reading {
    override def dataType: DataType = ArrayType(FloatType, containsNull = false)
    override def apply(scores: Array[Float]): Any = new GenericArrayData(scores.toArray[Any])
  }

  /** What is made of an image without a network, as it is. */
  final case class Whole(dataType: DataType) extends Reading {
    override def apply(scores: Array[Float]): Any =
      throw new IllegalStateException(s"a value of type ${dataType.sql} was taken for scores")
    override def of(row: InternalRow, ordinal: Int): Any = row.get(ordinal, dataType)
  }

  private val vectors = SQLDataTypes.VectorType.asInstanceOf[UserDefinedType[Vector]]

  /** The scores as a vector. */
  case object RawVector extends Reading {
    override def dataType: DataType = vectors
    override def apply(scores: Array[Float]): Any = vectors.serialize(Vectors.dense(scores.map(_.toDouble)))
  }

  /** The probabilities as a vector. */
  case object ProbabilityVector extends Reading {
    override def dataType: DataType = vectors
    override def apply(scores: Array[Float]): Any =
      vectors.serialize(new DenseVector(Probabilities.of(scores)))
  }

  /** The class, by thresholds as Spark ML defines them. */
  final case class Prediction(thresholds: Option[Seq[Double]]) extends Reading {
    override def dataType: DataType = DoubleType
    override def apply(scores: Array[Float]): Any =
      Probabilities.prediction(Probabilities.of(scores), thresholds)
  }
}
