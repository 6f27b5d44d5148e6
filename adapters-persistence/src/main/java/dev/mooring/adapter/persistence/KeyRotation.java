package dev.mooring.adapter.persistence;

import static java.util.stream.Collectors.partitioningBy;

import dev.mooring.adapter.persistence.EncryptionKeyTable.Holder;
import dev.mooring.adapter.persistence.EncryptionKeyTable.StoredKey;
import dev.mooring.application.port.EventLog;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyAdded;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyMadeCurrent;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyRetired;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Changing the encryption keys of a database while nodes serve. The order that loses nothing: every
 * node gets the new key; only then it becomes current; what older keys have sealed is sealed anew;
 * only then an older key is retired. Each step refuses to come before the one ahead of it is done,
 * may be interrupted anywhere and may be taken again. Blocks; for one thread.
 */
public final class KeyRotation {

    /** Longer than a write may last that began when the former key was current. */
    private static final Duration LATE_WRITES = Duration.ofMinutes(1);

    private static final int ROWS_AT_A_TIME = 500;

    private final JdbcUnitOfWork unitOfWork;
    private final KeySource source;
    private final KeyRing ring;
    private final EncryptionKeyTable table;
    private final SealedValues values;
    private final SecretCipher cipher;
    private final Resealing resealing;
    private final SecureRandom random;
    private final EventLog events;
    private final InstantSource clock;

    /**
     * A key that the source or the database knows.
     *
     * @param standing absent if it was never used
     * @param here whether the source has it
     * @param secretsIn how many stored secrets are sealed with it, by the name of their table
     */
    public record Key(
            String id,
            Optional<KeyStanding> standing,
            Here here,
            SortedMap<String, Long> secretsIn) {

        /** How many stored secrets are sealed with it. */
        public long secrets() {
            return secretsIn.values().stream().mapToLong(count -> count).sum();
        }

        boolean isCurrent() {
            return standing.filter(KeyStanding.CURRENT::equals).isPresent();
        }

        /** Whether it sealed once, and is not retired. */
        public boolean isFormer() {
            return standing.filter(KeyStanding.FORMER::equals).isPresent();
        }
    }

    /** Whether the source has a key. */
    public enum Here {
        YES,
        MISSING,
        /** Another key of the same id, which opens nothing. */
        DIFFERS
    }

    /**
     * A node.
     *
     * @param sealingKey what it seals with, or did when it was last heard of
     * @param silence since then
     */
    public record Node(String process, String sealingKey, Duration silence) {}

    /**
     * How things stand.
     *
     * @param nodes those that serve
     * @param silent those that were heard of within the last hour and are gone, or sleep: what they
     *     write when they wake is sealed with a key that is not retired
     */
    public record Status(List<Key> keys, List<Node> nodes, List<Node> silent) {

        /** How many secrets there are. */
        public long secrets() {
            return keys.stream().mapToLong(Key::secrets).sum();
        }

        /** The key that seals. */
        public Optional<Key> current() {
            return keys.stream().filter(Key::isCurrent).findFirst();
        }

        /** How many secrets are still sealed with another key that we have. */
        public long toReseal() {
            return keys.stream()
                    .filter(key -> key.here() == Here.YES && !key.isCurrent())
                    .mapToLong(Key::secrets)
                    .sum();
        }

        /** How many secrets nobody can open, as their key is missing. */
        public long lost() {
            return keys.stream()
                    .filter(key -> key.here() != Here.YES)
                    .mapToLong(Key::secrets)
                    .sum();
        }
    }

    /**
     * What a rehearsal found.
     *
     * @param opened how many secrets were opened, by the id of their key
     * @param failures the first few that did not open: where, and why
     * @param failed how many did not open
     */
    public record Rehearsal(Map<String, Long> opened, List<String> failures, long failed) {}

    /** What became of the wish to make a key current. */
    public sealed interface Promotion {
        /** It seals from now on. */
        record Done() implements Promotion {}

        /** These nodes have not got it yet, so nothing has changed. */
        record Lacking(List<Node> nodes) implements Promotion {}
    }

    /**
     * How far it came.
     *
     * @param unopened how many secrets do not open and stay as they are
     * @param left how many are still sealed with another key, as somebody is writing them
     */
    public record Resealed(long resealed, long unopened, long left) {}

    /** What became of the wish to retire a key. */
    public sealed interface Retirement {
        /** It is never used again; where it was moved to, if we keep the source. */
        record Done(Optional<Path> movedTo) implements Retirement {}

        /** Nothing has changed, as something stands in the way. */
        sealed interface Refused extends Retirement {}

        record Unknown() implements Refused {}

        /** It seals. */
        record Current() implements Refused {}

        /** These nodes seal with it. */
        record InUse(List<Node> nodes) implements Refused {}

        /** So many secrets need it. */
        record Needed(long secrets) implements Refused {}

        /** A write that began before the change of keys may still be under way. */
        record TooEarly(Duration remaining) implements Refused {}
    }

    KeyRotation(
            JdbcUnitOfWork unitOfWork,
            KeySource source,
            EventLog events,
            InstantSource clock,
            SecureRandom random) {
        this.events = events;
        this.clock = clock;
        this.unitOfWork = unitOfWork;
        this.source = source;
        this.ring = KeyRing.read(source);
        this.values = new SealedValues(unitOfWork);
        this.table = new EncryptionKeyTable(unitOfWork, values, ring, random);
        this.cipher = new SecretCipher(ring, random);
        this.resealing = new Resealing(unitOfWork, values, cipher);
        this.random = random;
        EncryptionKeyTable.current(table.stored())
                .filter(key -> ring.keys().ids().contains(key.id()))
                .ifPresent(key -> ring.sealWith(key.id()));
    }

    /** Where the keys come from. */
    public KeySource source() {
        return source;
    }

    /** Counts every stored secret. */
    public Status status() {
        Map<String, SortedMap<String, Long>> counts = values.countByTable();
        Map<String, StoredKey> stored = new TreeMap<>();
        table.stored().forEach(key -> stored.put(key.id(), key));
        Set<String> ids = new TreeSet<>(ring.keys().ids());
        ids.addAll(counts.keySet());
        ids.addAll(stored.keySet());
        List<Key> keys = new ArrayList<>();
        for (String id : ids) {
            keys.add(
                    new Key(
                            id,
                            Optional.ofNullable(stored.get(id)).map(StoredKey::standing),
                            here(id, stored.values()),
                            counts.getOrDefault(id, new TreeMap<>())));
        }
        Map<Boolean, List<Holder>> holders =
                table.holdersOfTheLastHour().stream().collect(partitioningBy(Holder::isAlive));
        return new Status(
                List.copyOf(keys),
                nodes(holders.getOrDefault(true, List.of())),
                nodes(holders.getOrDefault(false, List.of())));
    }

    private Here here(String id, Collection<StoredKey> stored) {
        if (!ring.keys().ids().contains(id)) {
            return Here.MISSING;
        }
        return stored.stream().filter(key -> key.id().equals(id)).anyMatch(table::differs)
                ? Here.DIFFERS
                : Here.YES;
    }

    /** The keys of the source that were never current: what a rotation may go to. */
    public List<String> candidates() {
        TreeSet<String> unused = new TreeSet<>(ring.keys().ids());
        table.stored().stream()
                .filter(key -> key.standing() != KeyStanding.ANNOUNCED)
                .map(StoredKey::id)
                .forEach(unused::remove);
        return List.copyOf(unused);
    }

    /**
     * Stops whoever has wrong keys before anything is done with them.
     *
     * @throws DatabaseUnusableException if one of ours is another key than that of its id, or the
     *     current one is missing
     */
    public void requireTheRightKeys() {
        List<StoredKey> stored = table.stored();
        table.requireTheSame(stored);
        EncryptionKeyTable.current(stored)
                .filter(key -> !ring.keys().ids().contains(key.id()))
                .ifPresent(key -> {
                    throw new DatabaseUnusableException(
                            "The encryption key %s is current, and %s has not got it; put it there first"
                                    .formatted(key.id(), source.name()));
                });
    }

    /**
     * Adds a random key to a key file.
     *
     * @return its id
     * @throws DatabaseUnusableException if the file cannot be changed
     */
    public String addTo(KeyFile file) {
        String id = file.add(random);
        ring.lookFor(Set.of(id));
        if (!ring.keys().ids().contains(id)) {
            throw new DatabaseUnusableException(
                    "The key %s that was just added to %s is not in it".formatted(id, file.name()));
        }
        return id;
    }

    /** Opens every stored secret and writes nothing. */
    public Rehearsal rehearse(LongConsumer progress) {
        Map<String, Long> opened = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        AtomicLong failed = new AtomicLong();
        AtomicLong seen = new AtomicLong();
        values.eachStretch(
                ROWS_AT_A_TIME,
                stretch -> {
                    for (SealedValues.Sealed value : values.read(stretch)) {
                        try {
                            cipher.open(value.bytes(), value.place());
                            opened.merge(SecretCipher.keyId(value.bytes()), 1L, Long::sum);
                        } catch (IllegalStateException e) {
                            if (failed.incrementAndGet() <= 10) {
                                failures.add(e.getMessage());
                            }
                        }
                        seen.incrementAndGet();
                    }
                    progress.accept(seen.get());
                });
        return new Rehearsal(opened, List.copyOf(failures), failed.get());
    }

    /** Asks all nodes to get this key from their sources; ours must have it. */
    public void announce(String id) {
        requireTheRightKeys();
        unitOfWork.run(() -> {
            if (table.announce(id)) {
                events.append(new EncryptionKeyAdded(id, clock.instant()));
            }
        });
    }

    /** The nodes that serve and have not got this key. */
    public List<Node> nodesWithout(String id) {
        return nodes(table.holdersWithout(id));
    }

    /**
     * Lets this key seal from now on, if every node has it.
     *
     * @throws DatabaseUnusableException if it was retired, or is another one of the same id
     */
    public Promotion makeCurrent(String id) {
        List<Holder> lacking =
                unitOfWork.execute(() -> {
                    boolean already =
                            EncryptionKeyTable.current(table.stored())
                                    .filter(key -> key.id().equals(id))
                                    .isPresent();
                    List<Holder> without = table.makeCurrent(id);
                    if (without.isEmpty() && !already) {
                        events.append(new EncryptionKeyMadeCurrent(id, clock.instant()));
                    }
                    return without;
                });
        return lacking.isEmpty() ? new Promotion.Done() : new Promotion.Lacking(nodes(lacking));
    }

    /**
     * Seals with the current key what other keys have sealed.
     *
     * @param progress is told how many secrets were sealed anew so far
     * @throws DatabaseUnusableException if we have not got the current key
     */
    public Resealed reseal(LongConsumer progress) {
        requireTheRightKeys();
        Resealing.Outcome outcome = resealing.run(progress);
        return new Resealed(outcome.resealed(), outcome.unopened(), outcome.left());
    }

    /**
     * Sees to it that a key which nobody needs any more is never used again, and takes it out of a
     * key file. May be called again if that failed.
     *
     * @throws DatabaseUnusableException if the key file cannot be changed
     */
    public Retirement retire(String id) {
        return unitOfWork
                .execute(() -> retireUnlessNeeded(id))
                .<Retirement>map(refused -> refused)
                .orElseGet(() -> {
                    boolean inFile = source.read().ids().contains(id);
                    return new Retirement.Done(
                            source instanceof KeyFile file && inFile
                                    ? Optional.of(file.retire(id))
                                    : Optional.empty());
                });
    }

    /**
     * Looks and acts in one transaction, so that nobody makes it current in between, and nobody
     * writes anything with it that would not be counted.
     */
    private Optional<Retirement.Refused> retireUnlessNeeded(String id) {
        table.lock();
        table.lockWritesWith(id);
        Optional<Retirement.Refused> refused = hindrance(id);
        if (refused.isEmpty() && table.retire(id)) {
            events.append(new EncryptionKeyRetired(id, clock.instant()));
        }
        return refused;
    }

    /** What stands in the way of retiring this key now; nothing either if it is retired. */
    public Optional<Retirement.Refused> hindrance(String id) {
        Optional<StoredKey> key =
                table.stored().stream().filter(one -> one.id().equals(id)).findFirst();
        if (key.isEmpty()) {
            return Optional.of(new Retirement.Unknown());
        }
        return switch (key.get().standing()) {
            case CURRENT -> Optional.of(new Retirement.Current());
            case RETIRED -> Optional.empty();
            case ANNOUNCED, FORMER -> need(key.get());
        };
    }

    private Optional<Retirement.Refused> need(StoredKey key) {
        List<Holder> users =
                table.holders().stream()
                        .filter(node -> node.sealingKey().equals(key.id()))
                        .toList();
        if (!users.isEmpty()) {
            return Optional.of(new Retirement.InUse(nodes(users)));
        }
        long secrets = values.count().getOrDefault(key.id(), 0L);
        if (secrets > 0) {
            return Optional.of(new Retirement.Needed(secrets));
        }
        Duration wait = LATE_WRITES.minus(key.age());
        return key.standing() == KeyStanding.FORMER && wait.isPositive()
                ? Optional.of(new Retirement.TooEarly(wait))
                : Optional.empty();
    }

    private static List<Node> nodes(List<Holder> holders) {
        return holders.stream()
                .map(holder -> new Node(holder.process(), holder.sealingKey(), holder.silence()))
                .toList();
    }
}
