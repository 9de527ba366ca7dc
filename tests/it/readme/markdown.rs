//! As much of Markdown as the documents have.

use std::collections::BTreeSet;

/// A document, or a section of one.
pub struct Document {
    pub text: String,
}

impl Document {
    pub fn read(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// Lines outside of blocks, and the blocks with their languages.
    fn parts(&self) -> (Vec<&str>, Vec<(&str, String)>) {
        let (mut prose, mut blocks) = (Vec::new(), Vec::<(&str, String)>::new());
        let mut inside = false;
        for line in self.text.lines() {
            match line.strip_prefix("```") {
                Some(language) => {
                    inside = !inside;
                    if inside {
                        blocks.push((language, String::new()));
                    }
                }
                None if inside => blocks.last_mut().unwrap().1.extend([line, "\n"]),
                None => prose.push(line),
            }
        }
        assert!(!inside, "a block has no end");
        (prose, blocks)
    }

    /// Level and text of each heading.
    pub fn headings(&self) -> Vec<(usize, String)> {
        let heading = |line: &&str| {
            let text = line.trim_start_matches('#');
            let level = line.len() - text.len();
            (level > 0 && text.starts_with(' ')).then(|| (level, text.trim().to_owned()))
        };
        self.parts().0.iter().filter_map(heading).collect()
    }

    /// The blocks of a language.
    pub fn blocks(&self, language: &str) -> Vec<String> {
        self.parts().1.into_iter().filter(|(of, _)| *of == language).map(|(_, text)| text).collect()
    }

    /// The commands of all `sh` blocks in order, without comments; a `\` at the end goes on with the next line.
    pub fn commands(&self) -> Vec<String> {
        let lines = self.blocks("sh").concat().replace("\\\n", " ");
        let bare = |line: &str| line.split("   #").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        lines.lines().map(bare).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
    }

    /// Where links lead.
    pub fn links(&self) -> Vec<String> {
        let text = self.parts().0.join("\n");
        let links = text.split("](").skip(1);
        links.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
    }

    /// The parts from one heading to the next.
    pub fn sections(&self) -> Vec<Self> {
        let (mut sections, mut inside) = (vec![String::new()], false);
        for line in self.text.lines() {
            inside ^= line.starts_with("```");
            if line.starts_with('#') && !inside {
                sections.push(String::new());
            }
            sections.last_mut().unwrap().extend([line, "\n"]);
        }
        sections.into_iter().map(|text| Self { text }).collect()
    }

    /// The first line.
    pub fn title(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// What stands in backticks; names of options stay, what people would say is left out.
    pub fn terms(&self) -> BTreeSet<String> {
        let text = self.parts().0.join("\n");
        text.split('`').skip(1).step_by(2).map(|term| term.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Rows of tables: the number of their cells, and the numbers in them without what separates their digits.
    pub fn rows(&self) -> Vec<(usize, Vec<String>)> {
        let (prose, _) = self.parts();
        prose.iter().filter(|line| line.starts_with('|')).map(|line| row(line)).collect()
    }
}

fn row(line: &str) -> (usize, Vec<String>) {
    let joined = line.replace(['.', ','], "");
    let numbers = joined.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty());
    let mut numbers: Vec<String> = numbers.map(str::to_owned).collect();
    // Each language has its own order of words.
    numbers.sort_unstable();
    (line.replace("\\|", "").matches('|').count(), numbers)
}

/// The place of a heading as a link names it: letters and digits in lower case, blanks as hyphens.
pub fn place(heading: &str) -> String {
    let kept =
        heading.to_lowercase().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter)).collect::<String>();
    kept.replace(' ', "-")
}

/// The words of a command as a shell splits them; none if a quote has no end.
pub fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}
