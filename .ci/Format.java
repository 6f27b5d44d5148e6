import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.StringWrapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Checks or fixes the format of every Java source of the tree: google-java-format in its AOSP
 * style, imports in order and none unused. The build runs it from the root: {@code mvn -N validate
 * -Dformat=check|fix|skip}. What has not changed since all was well is not looked at again.
 */
final class Format {

    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git");

    private static final Formatter FORMATTER =
            new Formatter(
                    JavaFormatterOptions.builder().style(JavaFormatterOptions.Style.AOSP).build());

    public static void main(String... args) throws IOException {
        String mode = args[0];
        Path root = Path.of(args[1]);
        if (!Set.of("check", "fix").contains(mode)) {
            System.err.println("format: -Dformat is check, fix or skip, not " + mode);
            System.exit(2);
        }

        Path settled = root.resolve("target").resolve("formatter").resolve("settled");
        FileTime since =
                Files.exists(settled)
                        ? Files.getLastModifiedTime(settled)
                        : FileTime.from(Instant.MIN);
        FileTime started = FileTime.from(Instant.now());

        List<Path> wrong =
                sources(root, since).parallelStream()
                        .filter(source -> !settled(source, mode.equals("fix")))
                        .sorted()
                        .toList();
        for (Path source : wrong) {
            System.err.println("format: " + root.relativize(source));
        }
        if (!wrong.isEmpty()) {
            System.err.println("format: to fix these, run mvn -N validate -Dformat=fix");
            System.exit(1);
        }
        Files.writeString(settled, "");
        Files.setLastModifiedTime(settled, started);
    }

    /** Whether the source is as it should be, after a fix where one was asked for and possible. */
    private static boolean settled(Path source, boolean fix) {
        try {
            String before = Files.readString(source);
            String after =
                    StringWrapper.wrap(FORMATTER.formatSourceAndFixImports(before), FORMATTER);
            if (before.equals(after)) {
                return true;
            }
            if (fix) {
                Files.writeString(source, after);
            }
            return fix;
        } catch (FormatterException e) {
            System.err.println("format: " + source + ": " + e.getMessage());
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> sources(Path root, FileTime changedSince) throws IOException {
        List<Path> sources = new ArrayList<>();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
                        return NOT_OURS.contains(dir.getFileName().toString())
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
                        // In the same tick of the file system's clock counts as changed since.
                        if (file.toString().endsWith(".java")
                                && attrs.lastModifiedTime().compareTo(changedSince) >= 0) {
                            sources.add(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return sources;
    }
}
