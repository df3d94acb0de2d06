package firesteel.jni;

/** Native methods of {@code libfiresteel} about models with the memory in which a task runs them. */
final class NativeScorer {
  private NativeScorer() {}

  static native long open(long predictor, int images, int workers);

  static native void predictBytes(long id, byte[][] rows, float[] scores, byte[] status);

  static native void predictFloats(long id, float[][] rows, float[] scores, byte[] status);

  static native void close(long id);

  static native int live();
}
