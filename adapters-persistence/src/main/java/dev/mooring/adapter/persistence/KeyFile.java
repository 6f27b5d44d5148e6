package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * A file of encryption keys. It changes as a whole or not at all, whenever a process dies, and
 * keeps its owner and its permissions.
 *
 * @param setting the name of the setting that names the file
 */
public record KeyFile(String setting, Path path) implements KeySource {

    private static final System.Logger LOG = System.getLogger(KeyFile.class.getName());
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<?> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    @Override
    public String name() {
        return "%s (%s)".formatted(setting, path);
    }

    @Override
    public EncryptionKeys read() {
        try {
            return EncryptionKeys.parse(name(), Files.readString(path));
        } catch (IOException e) {
            throw new DatabaseUnusableException(
                    "The encryption keys in %s cannot be read".formatted(name()), e);
        }
    }

    /**
     * Makes the file, with one random key and for its owner's eyes only, if it is not there. Only
     * for a store that nobody else uses, as others would need the same keys.
     */
    public void createIfMissing(RandomGenerator random) {
        if (!Files.exists(path)) {
            try {
                create(random);
            } catch (IOException e) {
                throw new DatabaseUnusableException(
                        "The encryption key file %s cannot be made: %s".formatted(path, e), e);
            }
            LOG.log(
                    INFO,
                    "A new encryption key is in {0}. Keep a copy apart from the database: without"
                            + " it nobody can read the stored secrets.",
                    path);
        }
    }

    /**
     * Complete and on disk before it appears under its name, and never in the place of another
     * file: what somebody else makes at the same time counts for both.
     */
    private void create(RandomGenerator random) throws IOException {
        Path absolute = path.toAbsolutePath();
        Path directory = absolute.resolveSibling(".").normalize();
        Files.createDirectories(directory, OWNER_ONLY_DIRECTORY);
        Path unfinished = Files.createTempFile(directory, "unfinished-", null, OWNER_ONLY);
        try {
            write(unfinished, EncryptionKeys.newLine(random));
            Files.createLink(absolute, unfinished);
            sync(directory);
        } catch (FileAlreadyExistsException e) {
            LOG.log(DEBUG, "{0} was made by somebody else meanwhile", path);
        } finally {
            Files.delete(unfinished);
        }
    }

    /**
     * Adds a random key at the end.
     *
     * @return its id
     * @throws DatabaseUnusableException if the file cannot be changed
     */
    String add(RandomGenerator random) {
        String line = EncryptionKeys.newLine(random);
        try {
            String before = Files.readString(path);
            String separator = before.isEmpty() || before.endsWith("\n") ? "" : "\n";
            replace(before + separator + line);
        } catch (IOException e) {
            throw unchangeable(e);
        }
        return line.substring(0, line.indexOf(' '));
    }

    /**
     * Moves a key to the file of retired keys beside this one: backups of the database may still
     * need it.
     *
     * @return where it is now
     * @throws DatabaseUnusableException if the files cannot be changed
     */
    Path retire(String id) {
        Predicate<String> isTheKey = line -> line.strip().split("\\s+", -1)[0].equals(id);
        Path retired = path.resolveSibling(path.getFileName() + ".retired");
        try {
            String before = Files.readString(path);
            if (!Files.exists(retired)) {
                Files.createFile(retired, OWNER_ONLY);
            }
            // First to where it goes, so that at no time it is nowhere.
            try (FileChannel channel = FileChannel.open(retired, StandardOpenOption.APPEND)) {
                String line = before.lines().filter(isTheKey).collect(Collectors.joining("\n"));
                channel.write(ByteBuffer.wrap((line + "\n").getBytes(UTF_8)));
                channel.force(true);
            }
            replace(
                    before.lines()
                            .filter(isTheKey.negate())
                            .map(line -> line + "\n")
                            .collect(Collectors.joining()));
            return retired;
        } catch (IOException e) {
            throw unchangeable(e);
        }
    }

    private void replace(String text) throws IOException {
        Path real = path.toRealPath();
        Path directory = real.resolveSibling(".").normalize();
        PosixFileAttributes before = Files.readAttributes(real, PosixFileAttributes.class);
        Path unfinished = Files.createTempFile(directory, "unfinished-", null, OWNER_ONLY);
        try {
            write(unfinished, text);
            PosixFileAttributeView view =
                    Files.getFileAttributeView(unfinished, PosixFileAttributeView.class);
            if (!view.getOwner().equals(before.owner())) {
                view.setOwner(before.owner());
            }
            if (!view.readAttributes().group().equals(before.group())) {
                view.setGroup(before.group());
            }
            view.setPermissions(before.permissions());
            Files.move(unfinished, real, ATOMIC_MOVE);
            sync(directory);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static void write(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
            channel.force(true);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private DatabaseUnusableException unchangeable(IOException cause) {
        return new DatabaseUnusableException(
                "The key file of %s cannot be changed (%s). Change it where it comes from: `mooring keys new` prints a new key for it."
                        .formatted(name(), cause),
                cause);
    }
}
