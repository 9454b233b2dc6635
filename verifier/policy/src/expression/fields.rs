//! Headers, or the parameters of a query, as expressions see them: a map from names to texts. A missing name has an
//! empty text.

use std::borrow::Cow;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator, Sizer};
use cel::common::types::{CelInt, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};

/// A map from names to texts.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    entries: Vec<(CelString<'a>, CelString<'a>)>,
    absent: CelString<'a>,
    any_case: bool,
}

impl<'a> Fields<'a> {
    /// Made from names, each given once, and their values.
    pub(super) fn new(entries: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>, any_case: bool) -> Self {
        let text = |text: Cow<'a, str>| match text {
            Cow::Borrowed(text) => CelString::from(text),
            Cow::Owned(text) => CelString::from(text),
        };
        let entries = entries.into_iter().map(|(name, value)| (text(name), text(value))).collect();
        Self { entries, absent: CelString::from(""), any_case }
    }

    fn find(&self, name: &dyn Val) -> Result<Option<&CelString<'a>>, ExecutionError> {
        let Some(name) = name.downcast_ref::<CelString<'_>>() else {
            let (got, want) = (name.get_type().name().to_owned(), "string".to_owned());
            return Err(ExecutionError::UnexpectedType { got, want });
        };
        let is = |other: &str| if self.any_case { other.eq_ignore_ascii_case(name) } else { other == name.inner() };
        Ok(self.entries.iter().find(|(name, _)| is(name)).map(|(_, value)| value))
    }
}

impl Val for Fields<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Container for Fields<'_> {
    fn contains(&self, name: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(name)?.is_some())
    }
}

impl Indexer for Fields<'_> {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(CowVal::Borrowed(self.find(name)?.unwrap_or(&self.absent)))
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(self.find(name)?.unwrap_or(&self.absent).clone_as_boxed())
    }
}

impl Iterable for Fields<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Names(self.entries.iter()))
    }
}

impl Sizer for Fields<'_> {
    fn size(&self) -> CelInt {
        // There are far fewer than fit in a signed number.
        CelInt::from(self.entries.len() as i64)
    }
}

struct Names<'b, 'a>(std::slice::Iter<'b, (CelString<'a>, CelString<'a>)>);

impl<'b, 'v, 'a: 'v> Iterator<'b, 'v> for Names<'b, 'a> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(name, _)| name as &'b (dyn Val + 'v))
    }
}
