/* What is wrong with an installation, where a task reads what the driver has sent. */
package org.apache.spark.firesteel

import java.util.concurrent.atomic.AtomicReference

import org.apache.spark.broadcast.Broadcast

/** Fails as where a class or a native method is not there. */
class UnlinkedBroadcast extends Broadcast[Array[Byte]](-1) {

  /** The thread that asked last, or null. */
  val asked = new AtomicReference[Thread]

  override protected def getValue(): Array[Byte] = {
    asked.set(Thread.currentThread)
    throw new UnsatisfiedLinkError("firesteel.jni.NativePredictor.open")
  }

  override protected def doUnpersist(blocking: Boolean): Unit = ()
  override protected def doDestroy(blocking: Boolean): Unit = ()
}
