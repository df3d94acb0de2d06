/* What one task does in one round. */
package firesteel.train

import scala.collection.mutable

import firesteel.SparkSuite
import firesteel.jni.Trainer

import org.apache.spark.TaskKilledException
import org.apache.spark.firesteel.OwnTask

class WorkerSuite extends SparkSuite {
  import BarsPlan._

  private val none = Array.emptyFloatArray

  private def round(
      plan: Plan[Array[Byte]],
      round: Int = 0,
      blocks: Seq[Block[Array[Byte]]] = BarsPlan.blocks(100),
      weights: Array[Float] = initial,
      state: Array[Float] = none,
      progress: Long => Unit = _ => ()): WorkerResult =
    OwnTask.run(_ => Worker.round(plan, round, blocks.iterator, weights, state, progress))

  private def allBits(result: WorkerResult) =
    (bits(result.weights), bits(result.state), result.lossSum, result.correct, result.rows)

  test("a round is a step for each mini-batch, and adds up what they tell") {
    val steps = mutable.Buffer.empty[Long]
    val result = round(plan(), progress = steps += _)
    assert(steps === Seq(16, 16, 16, 16, 16, 16, 4))
    assert(result.rows === 100)
    // The first losses are near those of a guess, which is log(3) for each row.
    assert(result.lossSum > 20 && result.lossSum < 130)
    assert(result.correct > 20 && result.correct <= 100)
    val (weights, state) = plain(plan(), blocks(100), initial, none, round = 0)
    assert(bits(result.weights) === bits(weights))
    assert(bits(result.state) === bits(state))
    assert(bits(result.weights) != bits(initial))
  }

  test("the second round goes on from weights and state of the first, in another order") {
    val first = round(plan())
    val second = round(plan(), round = 1, weights = first.weights, state = first.state)
    val (weights, _) = plain(plan(), blocks(100), first.weights, first.state, round = 1)
    assert(bits(second.weights) === bits(weights))
    assert(second.lossSum < first.lossSum)
    // Without the momentum of the first round it is another result.
    assert(bits(round(plan(), round = 1, weights = first.weights).weights) != bits(weights))
    assert(bits(round(plan(), weights = first.weights, state = first.state).weights) != bits(weights))
  }

  test("a round that failed between its steps leaves nothing behind and gives the same bits when repeated") {
    val expected = allBits(round(plan()))
    val live = Trainer.live()
    for (failing <- Seq(1, 3, 7)) {
      var steps = 0
      val values = new WatchedBytes(_ => {
        steps += 1
        if (steps == failing) {
          assert(Trainer.live() === live + 1)
          throw new IllegalStateException("for the test")
        }
      })
      val error = intercept[IllegalStateException](round(plan().copy(values = values)))
      assert(error.getMessage === "for the test" && steps === failing)
      assert(Trainer.live() === live)
      assert(allBits(round(plan())) === expected)
    }
  }

  test("two rounds at the same time in one process give the bits of each alone") {
    val expected = Seq(1L, 2L).map(seed => allBits(round(plan(seed = seed))))
    assert(expected(0) != expected(1))
    // The other round runs as a whole between two steps of this one.
    for (at <- Seq(1, 4)) {
      var steps = 0
      var other = Option.empty[WorkerResult]
      val values = new WatchedBytes(_ => {
        steps += 1
        if (steps == at) {
          val thread = new Thread(() => other = Some(round(plan(seed = 2))))
          thread.start()
          thread.join(30000)
        }
      })
      assert(allBits(round(plan().copy(values = values))) === expected(0))
      assert(other.map(allBits) === Some(expected(1)))
    }
  }

  test("a cancelled task stops before its next step and closes its trainer") {
    val live = Trainer.live()
    OwnTask.run { kill =>
      var steps = 0
      val values = new WatchedBytes(_ => {
        steps += 1
        if (steps == 3) kill()
      })
      val error = intercept[TaskKilledException](
        Worker.round(plan().copy(values = values), 0, blocks(100).iterator, initial, none, (_: Long) => ()))
      assert(error.reason === "training was cancelled")
      assert(steps === 3)
    }
    assert(Trainer.live() === live)
  }

  test("a worker without rows gives back what it got, without a trainer") {
    val state = Array(1f, 2f)
    // No trainer could be opened with this network.
    val broken = plan().copy(configuration = configuration.copy(network = "{}"))
    val result = round(broken, blocks = Nil, state = state)
    assert(result.rows === 0 && result.lossSum === 0.0 && result.correct === 0)
    assert((result.weights eq initial) && (result.state eq state))
  }
}
