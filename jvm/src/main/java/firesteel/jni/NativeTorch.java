package firesteel.jni;

/** Native methods of {@code libfiresteel_torch} about the library itself. */
final class NativeTorch {
  private NativeTorch() {}

  static native String version();

  static native void setLogLevel(String level);
}
