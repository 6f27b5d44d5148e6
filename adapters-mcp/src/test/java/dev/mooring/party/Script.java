package dev.mooring.party;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Which endpoints misbehave, for how long. What is queued for one request comes first. */
final class Script<K> {

    private static final Mischief NONE = (request, honest) -> honest.get();

    private final Map<K, Mischief> standing = new ConcurrentHashMap<>();
    private final Map<K, Queue<Mischief>> queued = new ConcurrentHashMap<>();

    void always(K endpoint, Mischief mischief) {
        standing.put(endpoint, mischief);
    }

    void once(K endpoint, Mischief mischief) {
        queued.computeIfAbsent(endpoint, absent -> new ConcurrentLinkedQueue<>()).add(mischief);
    }

    void clear() {
        standing.clear();
        queued.clear();
    }

    Answer play(K endpoint, Received request, Supplier<Answer> honest) {
        Queue<Mischief> queue = queued.getOrDefault(endpoint, new ConcurrentLinkedQueue<>());
        Mischief next = queue.poll();
        Mischief mischief = next == null ? standing.getOrDefault(endpoint, NONE) : next;
        return mischief.answer(request, honest);
    }
}
