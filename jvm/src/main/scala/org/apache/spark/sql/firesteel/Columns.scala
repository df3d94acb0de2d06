/* Columns made of expressions, and expressions of columns. Here, since Spark keeps that to itself. */
package org.apache.spark.sql.firesteel

import org.apache.spark.sql.Column
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.classic.ExpressionUtils

object Columns {
  def column(e: Expression): Column = ExpressionUtils.column(e)
  def expression(column: Column): Expression = ExpressionUtils.expression(column)
}
