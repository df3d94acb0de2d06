/* The part of a file that a task is reading. Here, since Spark keeps that to itself. */
package org.apache.spark.sql.firesteel

import org.apache.spark.rdd.InputFileBlockHolder
import org.apache.spark.unsafe.types.UTF8String

/**
 * A part of a file, from which rows come.
 *
 * @param path empty where the rows come from no file
 */
final case class InputFile(path: UTF8String, start: Long, length: Long) {
  def isEmpty: Boolean = path.numBytes == 0
}

object InputFile {

  /** What `input_file_name()` and its like tell now. */
  def current: InputFile =
    InputFile(
      InputFileBlockHolder.getInputFilePath,
      InputFileBlockHolder.getStartOffset,
      InputFileBlockHolder.getLength)

  /** Has them tell of another file. */
  def show(file: InputFile): Unit =
    if (file != current) {
      if (file.isEmpty) InputFileBlockHolder.unset()
      else InputFileBlockHolder.set(file.path.toString, file.start, file.length)
    }
}
