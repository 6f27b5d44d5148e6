package dev.mooring.domain.audit;

import java.util.List;

/** One more thing that is told of an event, under the name that the HTTP contract has for it. */
public sealed interface Detail {
    String name();

    record Text(String name, String value) implements Detail {
        public Text {
            value = PlainText.detail(value);
        }
    }

    record Count(String name, long value) implements Detail {}

    record Words(String name, List<String> values) implements Detail {
        private static final int MAX_WORDS = 100;

        public Words {
            values =
                    values.stream().limit(MAX_WORDS).map(value -> PlainText.detail(value)).toList();
        }
    }
}
