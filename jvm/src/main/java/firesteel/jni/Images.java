package firesteel.jni;

/**
 * Encoded images by themselves, many at a time. Each method fills {@code status} with a status per row: those of
 * {@link Predictor}. {@code limits} are as in {@link Predictor#open(byte[], String, String, String, boolean)}.
 */
public final class Images {
  /** The numbers that {@link #info} tells of each row. */
  public static final int INFO_VALUES = 5;

  private Images() {}

  /**
   * Reads headers.
   *
   * @param out filled with {@link #INFO_VALUES} numbers per row: the format (1 JPEG, 2 PNG, 3 WebP, 4 GIF, 5 BMP, 6
   *     TIFF, 7 a frame: Spark's image), width, height and channels as stored, EXIF's orientation (1 to 8); 0 where the status is not OK
   */
  public static void info(byte[][] rows, String limits, int[] out, byte[] status) {
    NativeLibrary.load();
    NativeImages.info(rows, limits, out, status);
  }

  /**
   * Turns images upright and resizes them, bilinearly: JPEG, PNG, WebP and frames.
   *
   * @param out filled with a PNG per row; rows whose status is not OK are left as they are
   * @throws IllegalArgumentException if {@code width} or {@code height} is not within the limits
   */
  public static void resize(
      byte[][] rows, int width, int height, String limits, byte[][] out, byte[] status) {
    NativeLibrary.load();
    NativeImages.resize(rows, width, height, limits, out, status);
  }

  /**
   * Turns rows, encoded or raw, into the bytes that a network sees.
   *
   * @param preprocessing JSON: {@code image} says how images are resized and cropped
   * @param shape the network's input: channels, height, width
   * @param pixels filled with as many bytes per row as the input has values; 0 where the status is not OK
   */
  public static void prepare(
      byte[][] rows, String preprocessing, int[] shape, String limits, byte[] pixels, byte[] status) {
    NativeLibrary.load();
    NativeImages.prepare(rows, preprocessing, shape, limits, pixels, status);
  }

  /**
   * Checks random changes of training images, and says how images are stored before them.
   *
   * @param augmentations JSON array of strings, each of them a change as JSON; at least one
   * @param preprocessing JSON: that of the model
   * @param shape the network's input: channels, height, width
   * @return JSON: {@code augmentations}, an array of the changes; {@code shape} of a stored image; {@code
   *     preprocessing}, which makes one of an encoded image
   * @throws IllegalArgumentException naming the change that is wrong, or the sizes that do not fit
   */
  public static String stored(String augmentations, String preprocessing, int[] shape) {
    NativeLibrary.load();
    return NativeImages.stored(augmentations, preprocessing, shape);
  }
}
