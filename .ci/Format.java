import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.StringWrapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks or fixes the format of every Java source of the tree: google-java-format in its AOSP
 * style, imports in order and none unused. The build runs it from the root: {@code mvn -N validate
 * -Dformat=check|fix|skip}. What this formatter found well once is not looked at again, wherever it
 * lies and however old it claims to be.
 */
final class Format {

    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git");

    private static final Formatter FORMATTER =
            new Formatter(
                    JavaFormatterOptions.builder().style(JavaFormatterOptions.Style.AOSP).build());

    /** The formatter's file, whose name has its version, and its options. */
    private static final String VERSION =
            Formatter.class.getProtectionDomain().getCodeSource().getLocation() + " AOSP ";

    public static void main(String... args) throws IOException {
        String mode = args[0];
        Path root = Path.of(args[1]);
        if (!Set.of("check", "fix").contains(mode)) {
            System.err.println("format: -Dformat is check, fix or skip, not " + mode);
            System.exit(2);
        }

        Path settled = root.resolve("target").resolve("formatter").resolve("settled");
        Set<String> known =
                Files.exists(settled) ? Set.copyOf(Files.readAllLines(settled)) : Set.of();
        Set<String> well = ConcurrentHashMap.newKeySet();

        List<Path> wrong =
                sources(root).parallelStream()
                        .filter(source -> !settled(source, mode.equals("fix"), known, well))
                        .sorted()
                        .toList();
        Files.write(settled, well.stream().sorted().toList());
        for (Path source : wrong) {
            System.err.println("format: " + root.relativize(source));
        }
        if (!wrong.isEmpty()) {
            System.err.println("format: to fix these, run mvn -N validate -Dformat=fix");
            System.exit(1);
        }
    }

    /** Whether the source is as it should be, after a fix where one was asked for and possible. */
    private static boolean settled(Path source, boolean fix, Set<String> known, Set<String> well) {
        try {
            String before = Files.readString(source);
            String digest = digest(before);
            if (known.contains(digest)) {
                well.add(digest);
                return true;
            }
            String after = formatted(before);
            if (before.equals(after)) {
                well.add(digest);
                return true;
            }
            if (fix) {
                // Where it wraps a string, the first pass may leave something to a second one.
                Files.writeString(source, formatted(after));
            }
            return fix;
        } catch (FormatterException e) {
            System.err.println("format: " + source + ": " + e.getMessage());
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String formatted(String source) throws FormatterException {
        return StringWrapper.wrap(FORMATTER.formatSourceAndFixImports(source), FORMATTER);
    }

    /** Of a text and of what formats it: another version may find other faults. */
    private static String digest(String text) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(VERSION.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> sources(Path root) throws IOException {
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
                        if (file.toString().endsWith(".java")) {
                            sources.add(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return sources;
    }
}
