package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.Body;
import dev.mooring.application.port.AssertionFiles;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Assertions in one directory. A file may be a link, as Kubernetes replaces projected tokens by
 * moving links, but never to a place outside the directory. Safe for many threads.
 */
public final class DirectoryAssertionFiles implements AssertionFiles {
    private static final int MOST_BYTES = 16 * 1024;

    private final Optional<Path> directory;

    /**
     * @param directory absent: no assertion is read from any file
     */
    public DirectoryAssertionFiles(Optional<Path> directory) {
        this.directory = directory;
    }

    @Override
    public boolean areOffered() {
        return directory.isPresent();
    }

    @Override
    public Reading read(AssertionFile file) {
        try {
            return directory.isPresent()
                    ? read(read(directory.get(), file))
                    : failed(file, "no directory for such files is configured");
        } catch (IOException | IllegalArgumentException e) {
            // What exactly is wrong could tell a stranger about the file system.
            return failed(file, "it is missing, unreadable or no assertion");
        }
    }

    private static Assertion read(Path directory, AssertionFile file) throws IOException {
        Path root = directory.toRealPath();
        Path real = root.resolve(file.name()).toRealPath();
        if (!real.startsWith(root) || !Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("Not a regular file below the directory");
        }
        try (InputStream in = Files.newInputStream(real, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException("Too large for an assertion");
            }
            return new Assertion(new String(bytes, StandardCharsets.US_ASCII).strip());
        }
    }

    /** RFC 7519 sections 3 and 4.1.3: one party is a string, several are a list. */
    private static Reading read(Assertion assertion) {
        String[] parts = assertion.value().split("\\.", -1);
        Optional<JsonObject> claims =
                parts.length == 3
                        ? JsonObject.parse(Body.of(Base64.getUrlDecoder().decode(parts[1])))
                        : Optional.empty();
        Set<String> audience = new HashSet<>();
        claims.flatMap(known -> known.text("aud")).ifPresent(audience::add);
        claims.ifPresent(known -> audience.addAll(known.texts("aud")));
        return new Reading.Read(assertion, audience);
    }

    private static Reading failed(AssertionFile file, String why) {
        return new Reading.Failed(
                new Problem(
                        Problem.Code.ASSERTION_UNREADABLE,
                        "The assertion file " + file + " cannot be used: " + why));
    }
}
