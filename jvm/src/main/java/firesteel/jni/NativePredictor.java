package firesteel.jni;

/** Native methods of {@code libfiresteel} about models that are ready to run. */
final class NativePredictor {
  private NativePredictor() {}

  static native long open(byte[] file, String digest, String layer, String limits, boolean exact);

  static native int width(long id);

  static native int imagesAtOnce(long id);

  static native long arenaBytes(long id, int images);

  static native long weightBytes(long id);

  static native String explain(long id);

  static native void close(long id);

  static native int live();
}
