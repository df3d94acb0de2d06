/* What is wrong with an installation, where a task reads what the driver has sent. */
package org.apache.spark.firesteel

import java.util.concurrent.atomic.AtomicInteger

import org.apache.spark.broadcast.Broadcast

/** Fails as where a class or a native method is not there. */
class UnlinkedBroadcast extends Broadcast[Array[Byte]](-1) {
  val asked = new AtomicInteger

  override protected def getValue(): Array[Byte] = {
    asked.incrementAndGet()
    throw new UnsatisfiedLinkError("firesteel.jni.NativePredictor.open")
  }

  override protected def doUnpersist(blocking: Boolean): Unit = ()
  override protected def doDestroy(blocking: Boolean): Unit = ()
}
