package firesteel.sql;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;

/**
 * An expression that only an operator can compute. In Java, since a Scala class would be bound to the
 * ancestors that {@code Unevaluable} happens to have in one version of Spark.
 */
public abstract class UnevaluableExpression extends Expression implements Unevaluable {
  @Override
  public Object eval(InternalRow row) {
    throw notPlanned();
  }

  @Override
  public ExprCode doGenCode(CodegenContext ctx, ExprCode ev) {
    throw notPlanned();
  }

  private IllegalStateException notPlanned() {
    return new IllegalStateException(
        this + " can be computed by a query's plan alone. Either Firesteel's rules are not installed in this session:"
            + " set spark.sql.extensions=firesteel.sql.FiresteelExtensions when it is made; or the expression is"
            + " evaluated outside of a query: compute it in one before");
  }
}
