package dev.mooring.adapter.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.AssertionFiles.Reading;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

class DirectoryAssertionFilesTest {
    private static final AssertionFile TOKEN = new AssertionFile("token");

    @TempDir private Path temporary;

    private Path directory = Path.of("");
    private DirectoryAssertionFiles files = new DirectoryAssertionFiles(Optional.empty());

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createDirectory(temporary.resolve("offered"));
        files = new DirectoryAssertionFiles(Optional.of(directory));
    }

    @Test
    void aFileIsReadAnewEachTime() throws IOException {
        Files.writeString(directory.resolve("token"), "first\n");
        assertThat(files.read(TOKEN)).isEqualTo(new Reading.Read(new Assertion("first")));

        Files.writeString(directory.resolve("token"), "second\n");
        assertThat(files.read(TOKEN)).isEqualTo(new Reading.Read(new Assertion("second")));
    }

    /** As Kubernetes does it: the name is a link into a folder, which is replaced as a whole. */
    @Test
    void aLinkWithinTheDirectoryIsFollowed() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("..2026"));
        Files.writeString(folder.resolve("token"), "projected");
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026"));
        Files.createSymbolicLink(directory.resolve("token"), Path.of("..data", "token"));

        assertThat(files.read(TOKEN)).isEqualTo(new Reading.Read(new Assertion("projected")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLinkOutOfTheDirectoryIsNot(boolean absolute) throws IOException {
        Path outside = Files.writeString(temporary.resolve("secret"), "secret");
        Files.createSymbolicLink(
                directory.resolve("token"), absolute ? outside : Path.of("..", "secret"));

        assertFailed();
    }

    @Test
    void aFolderOfTheSameBeginningIsNotTheDirectory() throws IOException {
        Path beside = Files.createDirectory(temporary.resolve("offered-not"));
        Files.writeString(beside.resolve("secret"), "secret");
        Files.createSymbolicLink(directory.resolve("token"), beside.resolve("secret"));

        assertFailed();
    }

    @Test
    void aFileThatIsMissingFails() {
        assertFailed();
    }

    @Test
    void whatIsNoFileFails() throws IOException {
        Files.createDirectory(directory.resolve("token"));

        assertFailed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "two words", "line\nline", "caf\u00e9"})
    void whatCannotBeAnAssertionFails(String content) throws IOException {
        Files.writeString(directory.resolve("token"), content);

        assertFailed();
    }

    @Test
    void aFileThatIsTooLargeFails() throws IOException {
        Files.writeString(directory.resolve("token"), "a".repeat(16 * 1024));
        assertThat(files.read(TOKEN)).isInstanceOf(Reading.Read.class);

        Files.writeString(directory.resolve("token"), "a".repeat(16 * 1024) + "\n");
        assertFailed();
    }

    @Test
    void withoutADirectoryNothingIsOfferedOrRead() {
        files = new DirectoryAssertionFiles(Optional.empty());

        assertThat(files.areOffered()).isFalse();
        assertFailed();
    }

    /** The reason tells nothing of the file system, and nothing of the content. */
    private void assertFailed() {
        assertThat(files.read(TOKEN))
                .isInstanceOfSatisfying(
                        Reading.Failed.class,
                        failed -> {
                            assertThat(failed.problem().code())
                                    .isEqualTo(Problem.Code.ASSERTION_UNREADABLE);
                            assertThat(failed.problem().message())
                                    .contains("token")
                                    .doesNotContain(temporary.toString(), "secret");
                        });
    }
}
