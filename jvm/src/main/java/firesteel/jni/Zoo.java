package firesteel.jni;

/** Networks that many people know, and models from the weights of other programs. */
public final class Zoo {
  private Zoo() {}

  /**
   * All networks.
   *
   * @return JSON array of objects: {@code name}, {@code input} (channels, height, width), {@code classes}, {@code
   *     preparation} ({@code shortSide}, {@code filter}, {@code crop}, {@code scale}, {@code mean}, {@code std}),
   *     {@code trainingOnly} (beginnings of the names of weights that import leaves out)
   */
  public static String list() {
    NativeLibrary.load();
    return NativeZoo.list();
  }

  /**
   * The description of a network, as JSON.
   *
   * @param name a name of {@link #list}
   * @param classes the number of classes, at least 1
   * @throws IllegalArgumentException listing all names where there is no such network
   */
  public static String network(String name, int classes) {
    NativeLibrary.load();
    return NativeZoo.network(name, classes);
  }

  /**
   * Makes a model file of weights that another program wrote.
   *
   * <p>For the driver, not for tasks: it is one call, which takes some seconds for the largest networks (VGG has 550
   * MB of weights) and does not look whether anyone still waits for it.
   *
   * @param architecture a name of {@link #list}; or a network's description, as JSON
   * @param preprocessing JSON: what differs from the one of the list; or all of the description's
   * @param weights a file of safetensors, or a state dictionary that PyTorch saved; nothing in it is executed
   * @param labels JSON array of the classes' names; empty for the network's usual number of classes
   * @throws NativeException of {@link ErrorCode#MODEL_FILE} listing every weight that does not fit
   */
  public static byte[] importWeights(
      String architecture, String preprocessing, byte[] weights, String labels) {
    NativeLibrary.load();
    return NativeZoo.importWeights(architecture, preprocessing, weights, labels);
  }
}
