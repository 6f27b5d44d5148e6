package dev.mooring.adapter.persistence.embedded;

import static java.lang.System.Logger.Level.DEBUG;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** What the JDK does not do with whole directories. */
final class Directories {

    private static final System.Logger LOG = System.getLogger(Directories.class.getName());
    private static final String UNFINISHED = "unfinished-";

    private Directories() {}

    /** Deletes a directory with all it holds; nothing happens if there is none. */
    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        visitBottomUp(directory, Files::delete);
    }

    /** Gives a directory and all it holds to a user; the directory itself comes last. */
    static void give(Path directory, int uid) throws IOException {
        visitBottomUp(
                directory,
                path -> Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS));
    }

    /** A new directory below {@code parent} for work that {@link #publish} will finish. */
    static Path unfinished(Path parent) throws IOException {
        return Files.createTempDirectory(parent, UNFINISHED);
    }

    /**
     * Deletes what unfinished work left below {@code parent}, as far as nobody still writes to it:
     * an initdb whose Mooring was killed takes a moment to notice.
     */
    static void deleteUnfinished(Path parent) {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(parent, UNFINISHED + "*")) {
            for (Path leftover : leftovers) {
                delete(leftover);
            }
        } catch (IOException e) {
            LOG.log(DEBUG, "Leftovers in {0} stay until the next time: {1}", parent, e);
        }
    }

    /** Renames a finished directory into its place and makes the new name durable. */
    static void publish(Path finished, Path place) throws IOException {
        Files.move(finished, place, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel parent = FileChannel.open(place.getParent(), StandardOpenOption.READ)) {
            parent.force(true);
        }
    }

    private interface Action {
        void on(Path path) throws IOException;
    }

    private static void visitBottomUp(Path directory, Action action) throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        action.on(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path dir, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        action.on(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
