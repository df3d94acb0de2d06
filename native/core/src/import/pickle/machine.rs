//! The pickle machine: the opcodes of protocols 2 to 5 that PyTorch writes.

use super::object::{Global, Id, Object, Pickle};
use crate::import::MAX_TENSORS;

/// The largest number of objects of a pickle.
const MAX_OBJECTS: usize = 4_000_000;

/// The largest number of references on the stack and in the memo, each.
pub(super) const MAX_REFERENCES: usize = 4_000_000;

/// The longest text, in bytes.
const MAX_TEXT: usize = 1 << 16;

/// Reads the pickle at the beginning of `data`; gives it and what follows it.
pub(in crate::import) fn load(data: &[u8]) -> Result<(Pickle, &[u8]), String> {
    let mut machine = Machine {
        rest: data,
        objects: vec![],
        stack: vec![],
        marks: vec![],
        memo: vec![],
        copied: 0,
        tensors: 0,
    };
    while machine.step()? {}
    let root = machine.pop()?;
    Ok((Pickle { objects: machine.objects, root }, machine.rest))
}

pub(super) struct Machine<'a> {
    rest: &'a [u8],
    objects: Vec<Object>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
    /// References that calls have copied: few bytes of a pickle could copy a long list again and again.
    pub(super) copied: usize,
    /// Tensors and storages, which take more memory than others.
    tensors: usize,
}

impl<'a> Machine<'a> {
    /// Executes an opcode; false after the last one.
    fn step(&mut self) -> Result<bool, String> {
        let [opcode] = self.take()?;
        match opcode {
            b'.' => return Ok(false),
            // Protocol number and frame length: nothing depends on them.
            0x80 => drop(self.take::<1>()?),
            0x95 => drop(self.take::<8>()?),
            b'(' if self.marks.len() >= MAX_REFERENCES => return Err(damaged("has too many marks")),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'N' => self.push(Object::None)?,
            0x88 => self.push(Object::Bool(true))?,
            0x89 => self.push(Object::Bool(false))?,
            b'K' => {
                let [byte] = self.take()?;
                self.push(Object::Int(byte.into()))?;
            }
            b'M' => {
                let number = u16::from_le_bytes(self.take()?);
                self.push(Object::Int(number.into()))?;
            }
            b'J' => {
                let number = i32::from_le_bytes(self.take()?);
                self.push(Object::Int(number.into()))?;
            }
            0x8a => self.long()?,
            b'G' => {
                self.take::<8>()?;
                self.push(Object::Float)?;
            }
            b'U' | 0x8c => {
                let [length] = self.take()?;
                self.text(length.into())?;
            }
            b'T' | b'X' => {
                let length = u32::from_le_bytes(self.take()?);
                self.text(length.into())?;
            }
            0x8d => {
                let length = u64::from_le_bytes(self.take()?);
                self.text(length)?;
            }
            b')' => self.push(Object::Tuple(vec![]))?,
            0x85..=0x87 => {
                let items = self.pop_several(usize::from(opcode - 0x84))?;
                self.push(Object::Tuple(items))?;
            }
            b't' => {
                let items = self.pop_mark()?;
                self.push(Object::Tuple(items))?;
            }
            b']' => self.push(Object::List(vec![]))?,
            b'l' => {
                let items = self.pop_mark()?;
                self.push(Object::List(items))?;
            }
            b'a' => {
                let items = self.pop_several(1)?;
                self.extend(&items)?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.extend(&items)?;
            }
            b'}' => self.push(Object::Dict(vec![]))?,
            b'd' => {
                let items = self.pop_mark()?;
                self.push(Object::Dict(vec![]))?;
                self.set_items(&items)?;
            }
            b's' => {
                let items = self.pop_several(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.set_items(&items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(module, name)?;
            }
            0x93 => {
                let names = self.pop_several(2)?;
                let [Object::Text(module), Object::Text(name)] = self.several(&names)? else {
                    return Err(damaged("names a class by something else than texts"));
                };
                let (module, name) = (module.clone(), name.clone());
                self.global(&module, &name)?;
            }
            b'R' => self.reduce()?,
            b'b' => self.build()?,
            b'Q' => self.persistent()?,
            b'q' => {
                let [place] = self.take()?;
                self.put(place.into())?;
            }
            b'r' => {
                let place = u32::from_le_bytes(self.take()?);
                self.put(place as usize)?;
            }
            0x94 => self.put(self.memo.len())?,
            b'h' => {
                let [place] = self.take()?;
                self.get(place.into())?;
            }
            b'j' => {
                let place = u32::from_le_bytes(self.take()?);
                self.get(place as usize)?;
            }
            other => {
                return Err(damaged(&format!("has the opcode {other:#04x}, which weights do not need")));
            }
        }
        Ok(true)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let end = self.rest.iter().take(MAX_TEXT).position(|&b| b == b'\n').ok_or_else(cut_off)?;
        let line =
            std::str::from_utf8(&self.rest[..end]).map_err(|_| damaged("has a name that is not UTF-8"))?;
        self.rest = &self.rest[end + 1..];
        Ok(line)
    }

    fn text(&mut self, length: u64) -> Result<(), String> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_TEXT {
            return Err(damaged(&format!("has a text of {length} bytes, at most {MAX_TEXT} are read")));
        }
        let bytes = self.rest.get(..length).ok_or_else(cut_off)?;
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("has a text that is not UTF-8"))?;
        self.rest = &self.rest[length..];
        self.push(Object::Text(text.to_owned()))
    }

    /// A whole number of up to 255 bytes, of which at most 8 are read.
    fn long(&mut self) -> Result<(), String> {
        let [length] = self.take()?;
        let bytes = self.rest.get(..usize::from(length)).ok_or_else(cut_off)?;
        if bytes.len() > 8 {
            return Err(damaged("has a whole number of more than 64 bits"));
        }
        let negative = bytes.last().is_some_and(|&b| b >= 0x80);
        let mut padded = [if negative { 0xff } else { 0 }; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        self.rest = &self.rest[bytes.len()..];
        self.push(Object::Int(i64::from_le_bytes(padded)))
    }

    pub(super) fn push(&mut self, object: Object) -> Result<(), String> {
        if self.objects.len() >= MAX_OBJECTS || self.stack.len() >= MAX_REFERENCES {
            return Err(damaged(&format!("has more than {MAX_OBJECTS} objects")));
        }
        self.stack.push(self.objects.len() as Id);
        self.objects.push(object);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Id, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    pub(super) fn pop_several(&mut self, count: usize) -> Result<Vec<Id>, String> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<Id>, String>>()?;
        items.reverse();
        Ok(items)
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or_else(underflow)?;
        if mark > self.stack.len() {
            return Err(underflow());
        }
        Ok(self.stack.split_off(mark))
    }

    /// The objects of two references.
    pub(super) fn several(&self, ids: &[Id]) -> Result<[&Object; 2], String> {
        match ids {
            [a, b] => Ok([self.object(*a), self.object(*b)]),
            _ => Err(underflow()),
        }
    }

    pub(super) fn object(&self, id: Id) -> &Object {
        self.objects.get(id as usize).unwrap_or(&Object::None)
    }

    /// The object on top of the stack, which stays there.
    pub(super) fn top(&mut self) -> Result<&mut Object, String> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        self.objects.get_mut(id as usize).ok_or_else(underflow)
    }

    fn extend(&mut self, items: &[Id]) -> Result<(), String> {
        match self.top()? {
            Object::List(list) => list.extend(items),
            _ => return Err(damaged("appends to something else than a list")),
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[Id]) -> Result<(), String> {
        let (pairs, rest) = items.as_chunks::<2>();
        match self.top()? {
            Object::Dict(entries) if rest.is_empty() => {
                entries.extend(pairs.iter().map(|&[key, value]| (key, value)));
                Ok(())
            }
            _ => Err(damaged("puts entries into something else than a dictionary")),
        }
    }

    fn put(&mut self, place: usize) -> Result<(), String> {
        let id = *self.stack.last().ok_or_else(underflow)?;
        if place >= MAX_REFERENCES || place > self.objects.len().saturating_mul(2).saturating_add(1024) {
            return Err(damaged(&format!("keeps an object at place {place}")));
        }
        if place >= self.memo.len() {
            self.memo.resize(place + 1, None);
        }
        self.memo[place] = Some(id);
        Ok(())
    }

    fn get(&mut self, place: usize) -> Result<(), String> {
        let id = self.memo.get(place).copied().flatten();
        let id = id.ok_or_else(|| damaged(&format!("takes an object from the empty place {place}")))?;
        self.push_again(id)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), String> {
        let global = Global::find(module, name).ok_or_else(|| {
            format!(
                "its pickle asks for {module}.{name}: only tensors, numbers, texts and containers are read, nothing is executed"
            )
        })?;
        self.push(Object::Global(global))
    }

    pub(super) fn push_again(&mut self, id: Id) -> Result<(), String> {
        if self.stack.len() >= MAX_REFERENCES {
            return Err(damaged("has too many references"));
        }
        self.stack.push(id);
        Ok(())
    }

    /// Pushes a tensor or a storage.
    pub(super) fn push_tensor(&mut self, object: Object) -> Result<(), String> {
        self.tensors += 1;
        if self.tensors > 2 * MAX_TENSORS {
            return Err(damaged(&format!("has more than {MAX_TENSORS} tensors")));
        }
        self.push(object)
    }
}

pub(super) fn damaged(problem: &str) -> String {
    format!("its pickle {problem}")
}

fn cut_off() -> String {
    damaged("is cut off")
}

fn underflow() -> String {
    damaged("takes more objects than it has")
}
