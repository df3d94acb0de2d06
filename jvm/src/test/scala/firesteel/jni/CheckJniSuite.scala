/* The JVM watches all calls of these tests, and has nothing to complain about. */
package firesteel.jni

import java.lang.management.ManagementFactory

import org.scalatest.funsuite.AnyFunSuite

class CheckJniSuite extends AnyFunSuite with ChildJvm {
  test("these tests run under -Xcheck:jni") {
    assert(ManagementFactory.getRuntimeMXBean.getInputArguments.contains("-Xcheck:jni"))
  }

  test("every method, whether it succeeds or throws, is called without a warning of -Xcheck:jni") {
    val ended = pass(Child(AllMethodsProgram))
    assert(ended.output.contains("called all"))
    assert(!ended.output.contains("WARNING"), ended.output)
  }

  test("a warning about our classes would be found, one about others would not") {
    val ours =
      """WARNING: JNI local refs: 33, exceeds capacity: 32
        |	at firesteel.jni.NativeScorer.predictBytes(Native Method)
        |	at firesteel.jni.Scorer.predict(Scorer.java:28)""".stripMargin
    val others =
      """WARNING in native method: JNI call made without checking exceptions when required to
        |	at java.lang.System.initLibraries(Native Method)""".stripMargin
    assert(ChildJvm.jniWarnings(s"a\n$others\nb\n$ours\nc") === Seq(ours))
  }
}

/** Calls every native method, with good arguments and with null ones. */
private object AllMethodsProgram {
  def main(arguments: Array[String]): Unit = {
    require(ManagementFactory.getRuntimeMXBean.getInputArguments.contains("-Xcheck:jni"))
    NativeLibrary.loadTorch()
    val good = new GoodArguments(torch = true)
    for (method <- NativeMethods.all; _ <- 1 to 3) {
      method.call(good(method))
      for ((parameter, i) <- method.parameters.zipWithIndex if !parameter.isPrimitive) {
        try method.call(good(method).updated(i, null))
        catch { case _: IllegalArgumentException => () }
      }
    }
    println("called all")
  }
}
