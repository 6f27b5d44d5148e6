package dev.mooring.bootstrap;

import dev.mooring.adapter.persistence.Administration;
import dev.mooring.adapter.persistence.EncryptionKeys;
import dev.mooring.adapter.persistence.KeyCommand;
import dev.mooring.adapter.persistence.KeyFile;
import dev.mooring.adapter.persistence.KeyRotation;
import dev.mooring.adapter.persistence.KeyRotation.Node;
import dev.mooring.adapter.persistence.KeyRotation.Promotion;
import dev.mooring.adapter.persistence.KeyRotation.Rehearsal;
import dev.mooring.adapter.persistence.KeyRotation.Resealed;
import dev.mooring.adapter.persistence.KeyRotation.Retirement;
import dev.mooring.adapter.persistence.KeyText;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** {@code mooring keys}: looks after the encryption keys, beside the nodes that serve. */
@Command(
        name = "keys",
        description = "Shows and changes the keys that encrypt secrets at rest.",
        mixinStandardHelpOptions = true)
final class KeyCommands implements Runnable {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final int DONE = 0;
    private static final int REFUSED = 1;

    private final PrintStream out;
    private final PrintStream err;

    KeyCommands(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public void run() {
        status();
    }

    @Command(
            name = "status",
            description = "Shows the keys, how many secrets need each, and the nodes that serve.",
            mixinStandardHelpOptions = true)
    int status() {
        return with(rotation -> {
            KeyRotation.Status status = rotation.status();
            out.println("Keys come from " + rotation.source().name());
            out.printf("%-34s %-10s %-8s %-8s %s%n", "KEY", "STANDING", "HERE", "SECRETS", "IN");
            for (KeyRotation.Key key : status.keys()) {
                out.printf(
                        "%-34s %-10s %-8s %-8d %s%n",
                        key.id(), standing(key), here(key), key.secrets(), tables(key));
            }
            for (Node node : status.nodes()) {
                out.printf("Node %s seals with %s%n", node.process(), node.sealingKey());
            }
            tellSilent(status);
            status.keys().stream()
                    .filter(KeyRotation.Key::isFormer)
                    .forEach(key -> out.println(prospect(rotation, key.id())));
            if (status.lost() > 0) {
                out.printf(
                        "%d secrets are sealed with a key that is missing or another one here."
                                + " Put it back; see docs/operations.md, Key loss.%n",
                        status.lost());
                return REFUSED;
            }
            out.println(
                    status.toReseal() == 0
                            ? "Every secret is sealed with the current key."
                            : "%d of %d secrets are still sealed with a former key; `mooring keys rotate` goes on."
                                    .formatted(status.toReseal(), status.secrets()));
            return DONE;
        });
    }

    /** Nobody waits for these; what they write should they wake is seen to. */
    private void tellSilent(KeyRotation.Status status) {
        for (Node node : status.silent()) {
            out.printf(
                    "Node %s has been silent for %d s and is not waited for; it sealed with %s%n",
                    node.process(), node.silence().toSeconds(), node.sealingKey());
        }
    }

    private static String tables(KeyRotation.Key key) {
        return key.secretsIn().isEmpty()
                ? "-"
                : key.secretsIn().entrySet().stream()
                        .map(table -> table.getKey() + " " + table.getValue())
                        .collect(Collectors.joining(", "));
    }

    private static String prospect(KeyRotation rotation, String id) {
        return rotation.hindrance(id)
                .map(refused -> "Not to be retired yet: " + why(id, refused) + ".")
                .orElseGet(() ->
                        "Nothing needs the key %1$s: `mooring keys retire %1$s`.".formatted(id));
    }

    private static String standing(KeyRotation.Key key) {
        return key.standing()
                .map(standing ->
                        switch (standing) {
                            case ANNOUNCED -> "announced";
                            case CURRENT -> "current";
                            case FORMER -> "former";
                            case RETIRED -> "retired";
                        })
                .orElse(
                        switch (key.here()) {
                            case YES, DIFFERS -> "unused";
                            case MISSING -> "unknown";
                        });
    }

    private static String here(KeyRotation.Key key) {
        return switch (key.here()) {
            case YES -> "yes";
            case MISSING -> "MISSING";
            case DIFFERS -> "DIFFERS";
        };
    }

    @Command(
            name = "new",
            description = {
                "Prints a new random key, as a line for a key file or for a key management system.",
                "Nothing else is changed."
            },
            mixinStandardHelpOptions = true)
    void fresh() {
        out.print(EncryptionKeys.newLine(RANDOM));
    }

    @Command(
            name = "rotate",
            description = {
                "Changes to a new key while nodes serve: waits until all of them have it, makes it"
                        + " current and seals all secrets anew.",
                "Adds a random key to the key file. Keys of another source are added there first;"
                        + " then this goes to the one that was never used.",
                "Interrupted anywhere it can be called again and goes on."
            },
            mixinStandardHelpOptions = true)
    int rotate(
            @Option(
                            names = "--dry-run",
                            description =
                                    "Rehearse: open and count every secret and say what would be"
                                            + " done. Nothing is written.")
                    boolean dryRun,
            @Option(
                            names = "--to",
                            paramLabel = "KEY",
                            defaultValue = "",
                            description = "Make this key of the source current instead.")
                    String to,
            @Option(
                            names = "--wait",
                            paramLabel = "SECONDS",
                            defaultValue = "60",
                            description =
                                    "How long nodes may take to get the new key; default"
                                            + " ${DEFAULT-VALUE}.")
                    int seconds) {
        return with(rotation ->
                dryRun
                        ? rehearse(rotation, to)
                        : rotate(rotation, to, Duration.ofSeconds(seconds)));
    }

    private int rotate(KeyRotation rotation, String to, Duration patience) {
        rotation.requireTheRightKeys();
        KeyRotation.Status before = rotation.status();
        tellSilent(before);
        if (to.isEmpty() && before.toReseal() > 0) {
            out.println("An earlier rotation is not finished; going on with it.");
            Resealed resealed = rotation.reseal(progress(before));
            if (resealed.resealed() > 0 || resealed.left() > 0) {
                return tell(resealed);
            }
            // What does not open would otherwise stand in the way of every rotation to come.
            err.printf(
                    "mooring: %d secrets do not open, so nothing can finish it; --dry-run says"
                            + " which. Rotating all the same.%n",
                    resealed.unopened());
        }
        String id = target(rotation, to);
        rotation.announce(id);
        if (!awaitNodes(rotation, id, patience)) {
            return REFUSED;
        }
        return switch (rotation.makeCurrent(id)) {
            case Promotion.Done() -> {
                out.println("Secrets are sealed with " + id + " from now on.");
                yield tell(rotation.reseal(progress(rotation.status())));
            }
            case Promotion.Lacking(List<Node> nodes) -> lacking(id, nodes);
        };
    }

    /** The key to go to: the one that is named, or never used, or made just now. */
    private String target(KeyRotation rotation, String to) {
        if (!to.isEmpty()) {
            if (rotation.status().keys().stream()
                    .noneMatch(
                            key -> key.here() != KeyRotation.Here.MISSING && key.id().equals(to))) {
                throw new ConfigurationException(
                        "%s has no key %s".formatted(rotation.source().name(), to));
            }
            return to;
        }
        List<String> unused = rotation.candidates();
        if (unused.size() > 1) {
            throw new ConfigurationException(
                    "Several keys were never used: %s. Name the one to go to with --to."
                            .formatted(String.join(", ", unused)));
        }
        if (unused.size() == 1) {
            return unused.getFirst();
        }
        return switch (rotation.source()) {
            case KeyFile file -> {
                String id = rotation.addTo(file);
                out.printf(
                        "Added the key %s to %s. Keep a copy of it apart from the database.%n",
                        id, file.path());
                yield id;
            }
            case KeyText text -> throw addFirst(text.name());
            case KeyCommand command -> throw addFirst(command.name());
        };
    }

    private static ConfigurationException addFirst(String source) {
        return new ConfigurationException(
                "%s has no key that was never used. Add one to it for every node, behind the others (`mooring keys new` prints one), restart the nodes if it is in their environment, and call this again."
                        .formatted(source));
    }

    private boolean awaitNodes(KeyRotation rotation, String id, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        List<Node> lacking = rotation.nodesWithout(id);
        if (!lacking.isEmpty()) {
            out.println("Waiting until every node has it ...");
        }
        while (!lacking.isEmpty() && System.nanoTime() < deadline) {
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            lacking = rotation.nodesWithout(id);
        }
        if (!lacking.isEmpty()) {
            lacking(id, lacking);
        }
        return lacking.isEmpty();
    }

    private int lacking(String id, List<Node> nodes) {
        err.printf(
                "mooring: these nodes have not got the key %s: %s. Nothing is sealed with it yet."
                        + " Give it to them and call this again.%n",
                id, nodes.stream().map(Node::process).collect(Collectors.joining("; ")));
        return REFUSED;
    }

    private LongConsumer progress(KeyRotation.Status before) {
        return new Progress(out, "sealed anew", before.toReseal())::at;
    }

    private int tell(Resealed resealed) {
        out.printf("%d secrets sealed anew.%n", resealed.resealed());
        if (resealed.unopened() > 0) {
            err.printf(
                    "mooring: %d secrets do not open and stay as they are; --dry-run says which.%n",
                    resealed.unopened());
        }
        if (resealed.left() > 0) {
            err.printf(
                    "mooring: %d secrets were being written all the time and are left; call this"
                            + " again.%n",
                    resealed.left());
        }
        if (resealed.unopened() > 0 || resealed.left() > 0) {
            return REFUSED;
        }
        out.println("Former keys can be retired in a minute: `mooring keys retire <key>`.");
        return DONE;
    }

    private int rehearse(KeyRotation rotation, String to) {
        KeyRotation.Status status = rotation.status();
        Progress progress = new Progress(out, "opened", status.secrets());
        Rehearsal rehearsal = rotation.rehearse(progress::at);
        rehearsal
                .opened()
                .forEach((id, count) -> out.printf("%d secrets sealed with %s open.%n", count, id));
        List<String> unused = to.isEmpty() ? rotation.candidates() : List.of(to);
        out.println(
                unused.isEmpty()
                        ? "A rotation would need a new key"
                                + (rotation.source() instanceof KeyFile file
                                        ? " and add it to " + file.path() + "."
                                        : ", which must be added to "
                                                + rotation.source().name()
                                                + " first.")
                        : "A rotation would go to " + String.join(" or ", unused) + ".");
        out.printf("%d nodes serve. Nothing was written.%n", status.nodes().size());
        rehearsal.failures().forEach(failure -> err.println("mooring: " + failure));
        if (rehearsal.failed() > 0) {
            err.printf("mooring: %d secrets do not open.%n", rehearsal.failed());
        }
        return rehearsal.failed() > 0 ? REFUSED : DONE;
    }

    @Command(
            name = "retire",
            description = {
                "Bars a former key for good, once no secret needs it and no node seals with it.",
                "In a key file it moves to the file beside it that ends in .retired: backups of the"
                        + " database may still need it."
            },
            mixinStandardHelpOptions = true)
    int retire(@Parameters(paramLabel = "KEY", description = "The id of the key.") String id) {
        return with(rotation ->
                switch (rotation.retire(id)) {
                    case Retirement.Done(var movedTo) -> {
                        out.println(
                                movedTo.map(file ->
                                                "The key %s is retired; it is in %s now. Backups of the database made so far need it."
                                                        .formatted(id, file))
                                        .orElseGet(() ->
                                                "The key %s is retired and is not used again. Take it out of %s, and keep it with the backups of the database made so far: they need it."
                                                        .formatted(id, rotation.source().name())));
                        yield DONE;
                    }
                    case Retirement.Refused refused -> {
                        err.println("mooring: " + why(id, refused));
                        yield REFUSED;
                    }
                });
    }

    private static String why(String id, Retirement.Refused refused) {
        return switch (refused) {
            case Retirement.Unknown() -> "the database was never used with a key " + id;
            case Retirement.Current() ->
                    "the key %s is current; rotate to another one first".formatted(id);
            case Retirement.InUse(List<Node> nodes) ->
                    "these nodes still seal with the key %s: %s"
                            .formatted(
                                    id,
                                    nodes.stream()
                                            .map(Node::process)
                                            .collect(Collectors.joining("; ")));
            case Retirement.Needed(long secrets) ->
                    "%d secrets are still sealed with the key %s; `mooring keys rotate` seals them anew"
                            .formatted(secrets, id);
            case Retirement.TooEarly(Duration remaining) ->
                    "a write that began before the key %s ceased to be current may still be under way; try again in %d s"
                            .formatted(id, remaining.toSeconds() + 1);
        };
    }

    private int with(ToIntFunction<KeyRotation> work) {
        Configuration configuration = Workbench.configuration(err);
        try (Opened opened = new Opened();
                Administration database = Workbench.open(configuration, opened)) {
            return work.applyAsInt(
                    database.keys(configuration.keySource(), Workbench::operator, RANDOM));
        }
    }

    /** Says now and then how far something is. */
    private static final class Progress {
        private static final long INTERVAL_NANOS = Duration.ofSeconds(2).toNanos();

        private final PrintStream out;
        private final String what;
        private final long total;
        private long saidAt = System.nanoTime();

        Progress(PrintStream out, String what, long total) {
            this.out = out;
            this.what = what;
            this.total = total;
        }

        void at(long count) {
            if (System.nanoTime() - saidAt > INTERVAL_NANOS) {
                saidAt = System.nanoTime();
                out.printf("%d of %d %s%n", count, total, what);
            }
        }
    }
}
