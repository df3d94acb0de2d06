/* What made a job fail, for the people who can mend it. */
package firesteel.train

import scala.annotation.tailrec

import firesteel.jni.{LibraryException, NativeException}

private[train] object Failures {

  /**
   * The cause of a failed job that says what to do: a wrong row, weights that went out of bounds, a library that is
   * missing. Spark's own account of the failure is kept as its suppressed exception. Other failures are given back.
   */
  def reason(failure: Throwable): Throwable = {
    @tailrec def find(cause: Throwable): Throwable = cause match {
      case null => failure
      case known @ (_: IllegalArgumentException | _: NativeException | _: LibraryException) =>
        known.addSuppressed(failure)
        known
      case other => find(other.getCause)
    }
    find(failure.getCause)
  }
}
