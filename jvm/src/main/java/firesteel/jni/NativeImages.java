package firesteel.jni;

/** Native methods of {@code libfiresteel} about encoded images by themselves. */
final class NativeImages {
  private NativeImages() {}

  static native void info(byte[][] rows, String limits, int[] out, byte[] status);

  static native void resize(byte[][] rows, int width, int height, String limits, byte[][] out, byte[] status);

  static native void prepare(
      byte[][] rows, String preprocessing, int[] shape, String limits, byte[] pixels, byte[] status);

  static native String stored(String augmentations, String preprocessing, int[] shape);
}
