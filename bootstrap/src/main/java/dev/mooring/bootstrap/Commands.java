package dev.mooring.bootstrap;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.adapter.persistence.Administration;
import dev.mooring.adapter.persistence.DatabaseOfAnotherVersionException;
import dev.mooring.application.KeepApiKeys;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What may stand behind {@code mooring} on the command line. Settings are not among it: they are
 * the service's, from the environment and {@code application.yaml}, whatever is asked for.
 */
@Command(
        name = "mooring",
        description = "Registers MCP servers behind OAuth 2, keeps their grants and connects.",
        footer = {
            "",
            "Without a command it serves. Settings are MOORING_* variables or keys of",
            "application.yaml, for every command.",
            "",
            "Exits with 0 when that is done, 1 when it failed or was refused, 2 when the arguments",
            "make no sense, 3 when the tables of the database are of another version; no command",
            "but serve changes those."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Commands.Version.class)
final class Commands implements Runnable {

    /** The exit code when the tables are of another version and so nothing was done. */
    private static final int ANOTHER_VERSION = 3;

    private final PrintStream out;
    private final PrintStream err;
    private OptionalInt exit = OptionalInt.of(0);

    Commands(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Does what the arguments say.
     *
     * @return the exit code; nothing while the service runs
     */
    OptionalInt execute(String... args) {
        CommandLine line =
                new CommandLine(this)
                        .addSubcommand(new KeyCommands(out, err))
                        .setOut(new PrintWriter(out, true, UTF_8))
                        .setErr(new PrintWriter(err, true, UTF_8))
                        .setParameterExceptionHandler(this::refuse)
                        .setExecutionExceptionHandler((failure, command, parsed) -> fail(failure));
        int code = line.execute(args);
        return code == 0 ? exit : OptionalInt.of(code);
    }

    private int refuse(ParameterException problem, String... args) {
        String what =
                problem instanceof UnmatchedArgumentException unmatched
                        ? "unknown argument: " + String.join(" ", unmatched.getUnmatched())
                        : problem.getMessage();
        err.println("mooring: " + what);
        err.println(
                "Try: " + problem.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    int fail(Exception failure) {
        err.println(
                "mooring: "
                        + Optional.ofNullable(failure.getMessage()).orElseGet(failure::toString));
        return failure instanceof DatabaseOfAnotherVersionException
                ? ANOTHER_VERSION
                : CommandLine.ExitCode.SOFTWARE;
    }

    @Override
    public void run() {
        serve();
    }

    @Command(
            name = "serve",
            description = "Serves until the process is told to end; the default.",
            mixinStandardHelpOptions = true)
    void serve() {
        exit = Main.serve(out, err);
    }

    @Command(
            name = "admin-key",
            description = {
                "Makes the admin key anew, for who has lost it, and prints it once.",
                "The old one is worth nothing from then on; other keys stay."
            },
            mixinStandardHelpOptions = true)
    void adminKey() {
        Configuration configuration = Workbench.configuration(err);
        try (Opened opened = new Opened();
                Administration database = Workbench.open(configuration, opened)) {
            KeepApiKeys keys =
                    new KeepApiKeys(
                            database.unitOfWork(),
                            database.apiKeys(),
                            database.events(Workbench::operator),
                            database.clock(),
                            new SecureRandom());
            KeepApiKeys.Created made = keys.replaceFirst(configuration.adminKey());
            out.println(
                    configuration.adminKey().isPresent()
                            ? "Admin key: the one given in " + Setting.ADMIN_KEY.variable()
                            : "Admin key (shown this once): " + made.secret().value());
        }
    }

    /** {@code bin/mooring train} runs this under a JVM that takes notes. */
    @Command(name = "--train-in", hidden = true)
    void train(@Parameters(paramLabel = "DIRECTORY") Path directory) throws IOException {
        Logging.start(Logging.Level.ERROR, Logging.Format.TEXT, err);
        Training.run(directory.toAbsolutePath(), Main.version());
    }

    /** The version of this build. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Mooring " + Main.version()};
        }
    }
}
