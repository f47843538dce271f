//! Text that compresses as prose does.

use std::sync::LazyLock;

use super::random::Random;

pub(crate) const STEMS: [&str; 60] = [
    "alba", "anvil", "arch", "aurora", "basalt", "beacon", "birch", "bolt", "brook", "cairn", "cedar",
    "cinder", "clove", "cobalt", "comet", "coral", "crane", "delta", "drift", "ember", "fable", "fern",
    "flint", "forge", "gable", "glyph", "granite", "grove", "harbor", "hazel", "heron", "indigo", "ivory",
    "jasper", "juniper", "kestrel", "lark", "ledger", "linden", "lotus", "lumen", "maple", "marble",
    "meadow", "nimbus", "onyx", "opal", "orbit", "osprey", "pebble", "pine", "plover", "prism", "quartz",
    "raven", "saffron", "sparrow", "thistle", "umber", "willow",
];

pub(crate) static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| TEXT.split(' ').collect());

/// Words in the proportions of descriptions, more or less.
const TEXT: &str = "the of and to a in is for that with it as on by this are which be from or an can library package \
    contains files provides support applications system use used data programs interface functions tools \
    server development set you module file based network also other using standard user language format \
    need not command line simple headers libraries developing should install documentation common \
    utilities access graphical allows any several client protocol configuration database written has \
    various all its into text management fast different between number of the objects python perl java \
    implementation includes information desktop plugin display image images audio video control multiple \
    message service services daemon kernel memory process hosts remote local secure authentication \
    encryption compression archive parser generate designed extensible portable lightweight powerful \
    efficient interactive flexible free software source code runtime environment framework engine \
    collection extension bindings static shared debugging symbols fonts translation index query results \
    when where";

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// A few words without a full stop.
pub(crate) fn phrase(random: &mut Random, words: usize) -> String {
    let mut text = capital(random.pick(&WORDS));
    for _ in 1..words {
        text.push(' ');
        text.push_str(random.pick(&WORDS));
    }
    text
}

/// Sentences in lines of some 75 characters and paragraphs, `length` bytes or somewhat more.
pub(crate) fn prose(random: &mut Random, length: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    while text.len() < length {
        let sentence_words = random.between(6, 18);
        let sentence = phrase(random, sentence_words) + ".";
        for word in sentence.split(' ') {
            let separator = if text.is_empty() || text.ends_with('\n') {
                ""
            } else if column > 70 {
                "\n"
            } else {
                " "
            };
            text.push_str(separator);
            column = if separator == "\n" { 0 } else { column } + word.len() + 1;
            text.push_str(word);
        }
        if random.chance(20) && text.len() < length {
            text.push_str("\n\n");
            column = 0;
        }
    }
    text
}
