package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.party.KnownSecrets;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Nothing that the packaged service says has a secret in it, whichever test it runs for. After each
 * class, what all its processes printed is searched, and what those that go on running tell of
 * themselves; JUnit finds this extension by itself. Answers are searched where they arrive.
 */
public final class SaidSecrets implements AfterAllCallback {

    private static final int MOST_OF_A_LINE = 400;

    /** How many lines of a process were searched. */
    private static final Map<ChildProcess, Integer> SEARCHED = new ConcurrentHashMap<>();

    /** The one line that is to show a secret. */
    private static final Pattern SHOWN_ONCE =
            Pattern.compile("^Admin key \\(shown this once\\): mrg_[A-Za-z0-9_-]{43}$");

    /** Has this process searched, and returns it. */
    static ChildProcess watch(ChildProcess process) {
        SEARCHED.put(process, 0);
        return process;
    }

    @Override
    public void afterAll(ExtensionContext context) {
        ServiceProcess.searchRunning();
        searchOutput();
    }

    /** Searches what was printed since the last search. */
    static void searchOutput() {
        List<String> said = new ArrayList<>();
        SEARCHED.keySet().forEach(process -> said.addAll(news(process)));
        areNotIn(said);
    }

    private static List<String> news(ChildProcess process) {
        boolean ended = !process.isAlive();
        List<String> output = ended ? process.lastOutput() : process.output();
        List<String> news = output.subList(SEARCHED.getOrDefault(process, 0), output.size());
        if (ended) {
            SEARCHED.remove(process);
        } else {
            SEARCHED.put(process, output.size());
        }
        return news.stream().filter(line -> !SHOWN_ONCE.matcher(line).matches()).toList();
    }

    /** Fails with the lines that have secrets in them, but without the secrets. */
    static void areNotIn(List<String> lines) {
        List<String> cut = new ArrayList<>();
        for (String line : lines) {
            String rest = KnownSecrets.cutFrom(line);
            if (!rest.equals(line)) {
                cut.add(rest.substring(0, Math.min(rest.length(), MOST_OF_A_LINE)));
            }
        }
        assertThat(cut).as("lines that had a secret in them").isEmpty();
    }
}
