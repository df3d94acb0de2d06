/* What a task of the operator does: rows in, rows with scores out. */
package firesteel.sql

import scala.util.Using

import firesteel.infer.{BatchIterator, Batching, Result, Scored, SentWork}

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{
  Attribute,
  AttributeSeq,
  BindReferences,
  BoundReference,
  Expression,
  JoinedRow,
  MutableProjection,
  UnsafeProjection,
  UnsafeRow
}
import org.apache.spark.sql.catalyst.util.GenericArrayData
import org.apache.spark.sql.firesteel.InputFile

/**
 * Scores the rows of a partition.
 *
 * @param column what messages call the image
 * @param keep the columns that go on
 * @param input the columns that come in
 * @param output `keep` and the scores
 */
private[sql] final class ClassifyTask(
    image: Expression,
    column: String,
    work: Work,
    sent: SentWork,
    keep: Seq[Attribute],
    input: Seq[Attribute],
    output: Seq[Attribute],
    batching: Batching,
    metrics: ClassifyMetrics)
    extends Serializable {

  def run(partition: Int, rows: Iterator[InternalRow]): Iterator[InternalRow] =
    Using.resource(sent.prepare()) { _ =>
      if (rows.isEmpty) Iterator.empty
      else {
        val Some(found) = ImageInput.of(image.dataType): @unchecked
        score(partition, rows, found)
      }
    }

  /** What is kept of a row: its columns, and the file that it comes from. */
  private final class Kept(val row: UnsafeRow, val file: InputFile, val isNull: Boolean)

  /**
   * The rows, and beside them the files that Spark says they come from. A batch is read ahead: each row's file is shown
   * again with the row, so what is shown need not be what the source has set.
   */
  private final class FromFiles(rows: Iterator[InternalRow]) extends Iterator[InternalRow] {
    private var source = InputFile.current

    override def hasNext: Boolean = atSource(rows.hasNext)
    override def next(): InternalRow = atSource(rows.next())

    private def atSource[T](read: => T): T = {
      InputFile.show(source)
      val result = read
      source = InputFile.current
      result
    }
  }

  private def score[V <: AnyRef](
      partition: Int,
      rows: Iterator[InternalRow],
      images: ImageInput[V]): Iterator[InternalRow] = {
    val kept = UnsafeProjection.create(keep, input)
    val value = argument(partition)
    val isArray = ImageInput.isArray(image.dataType)
    // Where a row has no array of images its result is null, and not an empty array.
    val keepRow = (row: InternalRow) =>
      new Kept(kept(row).copy(), InputFile.current, isArray && value(row) == null)
    val scored = new BatchIterator[InternalRow, Kept, V](
      new FromFiles(rows),
      keepRow,
      row => images.read(value(row)),
      images.kind,
      sent.forTask(images.kind, batching.limits.rows),
      batching,
      metrics)(images.tag)
    val joined = new JoinedRow
    val right = new org.apache.spark.sql.catalyst.expressions.GenericInternalRow(1)
    val project = UnsafeProjection.create(output, output)
    scored.map { row =>
      metrics.row()
      InputFile.show(row.row.file)
      right.update(0, if (isArray) array(row, partition) else one(row, 0, partition))
      project(joined(row.row.row, right))
    }
  }

  /** Evaluates the image in a row. */
  private def argument(partition: Int): InternalRow => Any =
    BindReferences.bindReference(image, AttributeSeq(input)) match {
      // Compiling what reads a column takes as long as labelling twenty photos.
      case read: BoundReference => read.eval(_)
      case _ =>
        val projection = MutableProjection.create(Seq(image), input)
        projection.initialize(partition)
        row => projection(row).get(0, image.dataType)
    }

  private def array(row: Scored[Kept], partition: Int): Any =
    if (row.row.isNull) null
    else new GenericArrayData(Array.tabulate[Any](row.results.length)(one(row, _, partition)))

  private def one(row: Scored[Kept], i: Int, partition: Int): InternalRow = {
    val result = row.results(i)
    if (!result.isOk && result.status != Result.NoInput) metrics.badImage()
    Scores.row(work, result, problem(row, i, result, partition))
  }

  private def problem(row: Scored[Kept], i: Int, result: Result, partition: Int): String = {
    val file = if (row.row.file.isEmpty) "" else s" (of ${row.row.file.path})"
    val element = if (row.results.length > 1) s"image $i of " else ""
    s"row ${row.number} of partition $partition$file: ${element}column '$column' ${work.problem(result)}"
  }
}
