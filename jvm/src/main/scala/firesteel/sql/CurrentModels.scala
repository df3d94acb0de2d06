/* Which models a query runs: settled when it is planned, and so for each batch of a stream. */
package firesteel.sql

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions.{Expression, Literal}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

private[sql] object CurrentModels {

  /** A plan with the models that are there now; those of the same content are one. */
  def apply(plan: LogicalPlan): LogicalPlan = {
    val inMemory = plan.collect { case node =>
      node.expressions.flatMap(_.collect { case Scores(_, Forward(model: MemoryModel, _)) => model })
    }.flatten
    val found = mutable.Map.empty[ModelReference, ModelReference]
    def current(model: ModelReference): ModelReference = found.getOrElseUpdate(
      model,
      model match {
        case memory: MemoryModel => memory
        case stored: StoredModel =>
          // A batch of a stream must not fail since its model is replaced while it starts.
          val now = StoredModels.current(stored, sent = plan.isStreaming)
          inMemory.find(_.isContentOf(now)).getOrElse(now)
      }
    )
    def withCurrent(e: Expression): Expression = e.transformUp {
      case read @ ReadScores(scores @ Scores(_, Forward(planned, layer)), reading, _) =>
        val model = current(planned)
        val labels = Labels(model.description.labels)
        // The layers may be gone, or have another size.
        val layers = layer.map(names => Layers.of(model, Some(names)))
        val invalid = read.invalid match {
          case _: Invalid.Keep =>
            Invalid.Keep(layers.fold(model.description.network.classes)(Layers.width(model, _)))
          case other => other
        }
        read.copy(scores.withWork(Forward(model, layer)), reading.withLabels(labels), invalid)(
          read.function,
          read.arguments)
      case IsScored(scores @ Scores(_, Forward(model, layer))) =>
        IsScored(scores.withWork(Forward(current(model), layer)))
      case ModelVersion(model) => Literal(current(model).digest)
    }
    plan.transform { case node if ExtractScores.needsScores(node) => node.mapExpressions(withCurrent) }
  }
}
