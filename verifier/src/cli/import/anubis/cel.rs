//! The part of CEL in which policies of Anubis are written: comparisons and calls, joined by `&&`, `||` and `!`.

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=` or `in`.
    Compare(&'static str, Box<Self>, Box<Self>),
    /// What it is called on, its name, its arguments.
    Call(Option<Box<Self>>, String, Vec<Self>),
    Index(Box<Self>, Box<Self>),
    Name(String),
    Text(String),
    Number(i64),
    Bool(bool),
}

impl Expression {
    /// Reads an expression. `None` if it is outside of this part.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens { tokens: tokens(text)?, at: 0, depth: 0 };
        let expression = tokens.or()?;
        (tokens.at == tokens.tokens.len()).then_some(expression)
    }

    /// Its value for a weight, if it depends on nothing else.
    pub(super) fn of_weight(&self, weight: i64) -> Option<bool> {
        Some(match self {
            Self::Bool(value) => *value,
            Self::Not(inner) => !inner.of_weight(weight)?,
            Self::Or(parts) => {
                parts.iter().map(|part| part.of_weight(weight)).collect::<Option<Vec<_>>>()?.contains(&true)
            }
            Self::And(parts) => {
                !parts.iter().map(|part| part.of_weight(weight)).collect::<Option<Vec<_>>>()?.contains(&false)
            }
            Self::Compare(operator, left, right) => {
                let (left, right) = (left.number(weight)?, right.number(weight)?);
                match *operator {
                    "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    ">=" => left >= right,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn number(&self, weight: i64) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(name) if name == "weight" => Some(weight),
            _ => None,
        }
    }

    /// Every number in it.
    pub(super) fn numbers(&self) -> Vec<i64> {
        match self {
            Self::Number(number) => vec![*number],
            Self::Or(parts) | Self::And(parts) => parts.iter().flat_map(Self::numbers).collect(),
            Self::Not(inner) => inner.numbers(),
            Self::Compare(_, left, right) => [left.numbers(), right.numbers()].concat(),
            _ => Vec::new(),
        }
    }
}

/// The names in an expression, whatever its syntax: of variables, functions and methods. Words in quotes do not count.
pub(super) fn names(text: &str) -> Option<Vec<String>> {
    let tokens = tokens(text)?;
    Some(tokens.into_iter().filter_map(|token| if let Token::Name(name) = token { Some(name) } else { None }).collect())
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

struct Tokens {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Tokens {
    fn take(&mut self, sign: &str) -> bool {
        let is = self.tokens.get(self.at)
            == Some(&Token::Sign(SIGNS.iter().find(|known| **known == sign).copied().unwrap_or("")));
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return None;
        }
        let mut parts = vec![self.and()?];
        while self.take("||") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Some(joined(parts, Expression::Or, |part| if let Expression::Or(parts) = part { Ok(parts) } else { Err(part) }))
    }

    fn and(&mut self) -> Option<Expression> {
        let mut parts = vec![self.compared()?];
        while self.take("&&") {
            parts.push(self.compared()?);
        }
        Some(joined(
            parts,
            Expression::And,
            |part| if let Expression::And(parts) = part { Ok(parts) } else { Err(part) },
        ))
    }

    fn compared(&mut self) -> Option<Expression> {
        let left = self.unary()?;
        let operator = COMPARISONS.into_iter().find(|operator| self.take(operator)).or_else(|| {
            let is_in = self.tokens.get(self.at) == Some(&Token::Name("in".to_owned()));
            self.at += usize::from(is_in);
            is_in.then_some("in")
        });
        let Some(operator) = operator else { return Some(left) };
        Some(Expression::Compare(operator, Box::new(left), Box::new(self.unary()?)))
    }

    fn unary(&mut self) -> Option<Expression> {
        if self.take("!") {
            self.depth += 1;
            let inner = (self.depth <= MOST_DEPTH).then(|| self.unary())??;
            self.depth -= 1;
            return Some(Expression::Not(Box::new(inner)));
        }
        let mut value = self.primary()?;
        loop {
            if self.take(".") {
                let Token::Name(name) = self.next()? else { return None };
                value = if self.take("(") {
                    Expression::Call(Some(Box::new(value)), name, self.arguments()?)
                } else {
                    return None;
                };
            } else if self.take("[") {
                let index = self.or()?;
                value = self.take("]").then(|| Expression::Index(Box::new(value), Box::new(index)))?;
            } else {
                return Some(value);
            }
        }
    }

    fn primary(&mut self) -> Option<Expression> {
        match self.next()? {
            Token::Text(text) => Some(Expression::Text(text)),
            Token::Number(number) => Some(Expression::Number(number)),
            Token::Name(name) if name == "true" || name == "false" => Some(Expression::Bool(name == "true")),
            Token::Name(name) if self.take("(") => Some(Expression::Call(None, name, self.arguments()?)),
            Token::Name(name) => Some(Expression::Name(name)),
            Token::Sign("(") => {
                let inner = self.or()?;
                self.take(")").then_some(inner)
            }
            Token::Sign("-") => match self.next()? {
                Token::Number(number) => Some(Expression::Number(-number)),
                _ => None,
            },
            Token::Sign(_) => None,
        }
    }

    fn arguments(&mut self) -> Option<Vec<Expression>> {
        let mut arguments = Vec::new();
        if self.take(")") {
            return Some(arguments);
        }
        loop {
            arguments.push(self.or()?);
            if self.take(")") {
                return Some(arguments);
            }
            self.take(",").then_some(())?;
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }
}

/// One part alone stays itself; parts of the same kind become one list.
fn joined(
    mut parts: Vec<Expression>,
    join: impl Fn(Vec<Expression>) -> Expression,
    same: impl Fn(Expression) -> Result<Vec<Expression>, Expression>,
) -> Expression {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    join(parts.into_iter().flat_map(|part| same(part).unwrap_or_else(|part| vec![part])).collect())
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if let Some(raw) = rest.strip_prefix(['r', 'R']).filter(|raw| raw.starts_with(['"', '\''])) {
            let (text, after) = quoted(raw, true)?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if letter == '"' || letter == '\'' {
            let (text, after) = quoted(rest, false)?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if is_word(letter) {
            let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            let word = &rest[..end];
            tokens.push(match word.parse() {
                Ok(number) => Token::Number(number),
                Err(_) => Token::Name(word.to_owned()),
            });
            rest = &rest[end..];
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

/// A text in quotes, and what stands after it.
fn quoted(text: &str, raw: bool) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((index, letter)) = letters.next() {
        match letter {
            '\\' if !raw => value.push(match letters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                same @ ('\\' | '"' | '\'' | '`' | '?') => same,
                _ => return None,
            }),
            letter if letter == quote => return Some((value, &text[index + 1..])),
            letter => value.push(letter),
        }
    }
    None
}

/// The longer before those that they begin with.
const SIGNS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", ".", ",", "(", ")", "[", "]", "-", "+", "*", "/", "%", "?", ":",
    "{", "}", "=",
];
const COMPARISONS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
/// Nesting of parentheses.
const MOST_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_policies_use_is_read() {
        let text = r#"!("Accept" in headers) && (userAgent.contains("a\\.b") || headers["X"] == 'y')"#;
        let Some(Expression::And(parts)) = Expression::parse(text) else { panic!("no conjunction") };
        assert!(matches!(&parts[0], Expression::Not(inner) if matches!(**inner, Expression::Compare("in", ..))));
        assert!(matches!(&parts[1], Expression::Or(either) if either.len() == 2));
        assert_eq!(names(r#"load_1m > 5 && "no name" in headers"#).unwrap(), ["load_1m", "in", "headers"]);
        for text in ["", "a &&", "(a", "a b", "a ? b : c", "x.y", "\"open"] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
        assert_eq!(Expression::parse(&"(".repeat(100_000)), None);
        assert_eq!(Expression::parse(&"!".repeat(100_000)), None);
    }

    #[test]
    fn conditions_on_the_weight_are_computed() {
        let between = Expression::parse("weight > 0 && weight < 10").unwrap();
        assert_eq!([0, 1, 9, 10].map(|weight| between.of_weight(weight)), [false, true, true, false].map(Some));
        assert_eq!(Expression::parse("weight + 1 > 0"), None);
        assert_eq!(Expression::parse("load > 0").unwrap().of_weight(0), None);
        assert_eq!(Expression::parse("-5 <= weight").unwrap().numbers(), [-5]);
    }
}
