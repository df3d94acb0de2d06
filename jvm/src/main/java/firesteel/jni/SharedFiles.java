package firesteel.jni;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Files that all processes of a user on this host share. The first process that needs them unpacks them into a folder
 * below the temporary directory which nobody else can reach; the others wait for it.
 */
final class SharedFiles {
  /** A file to unpack. */
  interface Source {
    String name();

    long size();

    void copyTo(Path file) throws IOException;
  }

  private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

  private SharedFiles() {}

  /**
   * The folder with the files.
   *
   * @param name the folder's name, another one for other contents
   */
  static Path unpack(String name, List<? extends Source> sources) throws IOException {
    Path home = home(Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath());
    Path folder = home.resolve(name);
    // The lock on a file keeps other processes out, but not this class in another class loader: an interned string
    // is one object for all of them.
    synchronized (("firesteel: " + folder).intern()) {
      Path lock = home.resolve(name + ".lock");
      try (FileChannel file = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        file.lock();
        if (!isWhole(folder, sources)) {
          fill(home, folder, sources);
        }
      }
    }
    return folder;
  }

  /** The folder of this user, which must be nobody else's: what lies in it is run. */
  private static Path home(Path temporary) throws IOException {
    // A file of ours tells as whom we run.
    Path probe = Files.createTempFile(temporary, "firesteel-", "");
    Object user = Files.getAttribute(probe, "unix:uid");
    Files.delete(probe);
    Path home = temporary.resolve("firesteel-" + user);
    try {
      Files.createDirectory(home, PosixFilePermissions.asFileAttribute(PRIVATE));
    } catch (FileAlreadyExistsException e) {
      Map<String, Object> found =
          Files.readAttributes(home, "unix:uid,permissions,isDirectory", LinkOption.NOFOLLOW_LINKS);
      if (!found.equals(Map.of("uid", user, "permissions", PRIVATE, "isDirectory", true))) {
        throw new IOException(home + " must be a folder of this user alone (mode 700), but it is not: remove it");
      }
    }
    return home;
  }

  /** Whether every file is there: a folder gets its name when it is complete, but old files may be cleared away. */
  private static boolean isWhole(Path folder, List<? extends Source> sources) throws IOException {
    for (Source source : sources) {
      Path file = folder.resolve(source.name());
      if (!Files.isRegularFile(file) || Files.size(file) != source.size()) {
        return false;
      }
    }
    return true;
  }

  private static void fill(Path home, Path folder, List<? extends Source> sources) throws IOException {
    String parts = folder.getFileName() + ".part-";
    // Whoever left these was killed, since we hold the lock.
    try (DirectoryStream<Path> left = Files.newDirectoryStream(home, parts + "*")) {
      for (Path part : left) {
        delete(part);
      }
    }
    delete(folder);
    Path part = Files.createTempDirectory(home, parts);
    try {
      for (Source source : sources) {
        source.copyTo(part.resolve(source.name()));
      }
      Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(part);
      throw e;
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
