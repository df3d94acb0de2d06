/* What makes SQL know the functions: found by Spark in the jar, or named by spark.sql.extensions. */
package firesteel.sql

import java.util.{Collections, WeakHashMap}

import org.apache.spark.sql.{SparkSession, SparkSessionExtensions, SparkSessionExtensionsProvider}
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry
import org.apache.spark.sql.catalyst.expressions.Literal
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.execution.{ColumnarRule, SparkPlan}

/**
 * Adds Firesteel's functions and its operator to each session. It may be named by `spark.sql.extensions`, but need not
 * be: Spark finds it in the jar. Both together are the same as either.
 */
class FiresteelExtensions extends SparkSessionExtensionsProvider {
  override def apply(extensions: SparkSessionExtensions): Unit =
    if (FiresteelExtensions.firstTime(extensions)) {
      FiresteelExtensions.registerFunctions()
      extensions.injectColumnar(_ => RowsWithoutOperator)
      // Spark lets nobody add a rule to its last batch but by the session itself, which is known here: at each analysis,
      // so that it is there again where someone took it away.
      extensions.injectCheckRule(session => _ => FiresteelExtensions.install(session))
    }
}

private[firesteel] object FiresteelExtensions {
  private val known = Collections.newSetFromMap(new WeakHashMap[SparkSessionExtensions, java.lang.Boolean])

  private def firstTime(extensions: SparkSessionExtensions): Boolean =
    known.synchronized(known.add(extensions))

  /** Among Spark's own functions: permanent views may use no others before Spark 4.2. */
  private def registerFunctions(): Unit = synchronized {
    for (f <- Functions.all if !FunctionRegistry.builtin.functionExists(f.identifier))
      FunctionRegistry.builtin.registerFunction(f.identifier, f.info, f.builder)
  }

  /** Has a session plan scores in batches; does nothing where that was done. */
  def install(session: SparkSession): Unit = {
    val experimental = session.experimental
    synchronized {
      if (!experimental.extraOptimizations.contains(ExtractScores))
        experimental.extraOptimizations = experimental.extraOptimizations :+ ExtractScores
      if (!experimental.extraStrategies.contains(ClassifyStrategy))
        experimental.extraStrategies = experimental.extraStrategies :+ ClassifyStrategy
    }
  }
}

/** Sends models whose scores are evaluated row by row: all of them where the optimizer's rule was taken away. */
private[sql] object RowsWithoutOperator extends ColumnarRule {
  override def preColumnarTransitions: Rule[SparkPlan] = new Rule[SparkPlan] {
    override def apply(plan: SparkPlan): SparkPlan = {
      val planned = plan.transformUp {
        case node if !node.isInstanceOf[ClassifyExec] && node.expressions.exists(ExtractScores.hasScores) =>
          node.transformExpressionsUp {
            case scores: Scores => ScoresOfRow.of(scores)
            case ModelVersion(model) => Literal(model.digest)
          }
      }
      // Here, in the query's own thread, and not where Spark makes its tasks.
      for (node <- planned; e <- node.expressions; s <- e.collect { case s: ScoresOfRow => s })
        s.shipment.send()
      planned
    }
  }
}
