package firesteel.jni;

/** Native methods of {@code libfiresteel_torch} about rounds of training. */
final class NativeTrainer {
  private NativeTrainer() {}

  static native long open(String config, float[] weights, float[] state);

  static native void stepBytes(long id, byte[] inputs, int[] labels, double[] results);

  static native void stepFloats(long id, float[] inputs, int[] labels, double[] results);

  static native float[] weights(long id);

  static native float[] state(long id);

  static native void close(long id);

  static native int live();
}
