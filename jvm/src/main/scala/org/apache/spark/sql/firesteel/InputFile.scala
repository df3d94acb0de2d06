/* The file that a task is reading. Here, since Spark keeps that to itself. */
package org.apache.spark.sql.firesteel

import org.apache.spark.rdd.InputFileBlockHolder
import org.apache.spark.unsafe.types.UTF8String

object InputFile {

  /** Its path, empty where the rows come from no file. */
  def path: UTF8String = InputFileBlockHolder.getInputFilePath
}
