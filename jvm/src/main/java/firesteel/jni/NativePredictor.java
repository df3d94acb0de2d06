package firesteel.jni;

/** Native methods of {@code libfiresteel} about models that are ready to run. */
final class NativePredictor {
  private NativePredictor() {}

  static native long open(byte[] file, String digest, String layer, String limits);

  static native int width(long id);

  static native void predictBytes(long id, byte[][] rows, float[] scores, byte[] status);

  static native void predictFloats(long id, float[][] rows, float[] scores, byte[] status);

  static native void close(long id);

  static native int live();
}
