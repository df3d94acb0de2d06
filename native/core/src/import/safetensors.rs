//! Tensors of a safetensors file, whoever wrote it.

use super::float::Float;
use super::tensor::Tensor;
use crate::Error;
use crate::model_file::Header;

/// Whether the file's content is that of a safetensors file: a header in JSON after its length.
pub(super) fn is(file: &[u8]) -> bool {
    file.get(8) == Some(&b'{')
}

/// All tensors of the file.
pub(super) fn read(file: &[u8]) -> Result<Vec<(String, Tensor<'_>)>, String> {
    let header = Header::read(file, file.len() as u64).map_err(|e| match e {
        Error::ModelFile(problems) => problems.join("; "),
        other => other.to_string(),
    })?;
    let problems = header.problems();
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let data = &file[file.len() - header.data_bytes..];
    Ok(header
        .tensors
        .into_iter()
        .map(|(name, info)| {
            let dtype = match info.dtype.as_str() {
                "F16" => Ok(Float::F16),
                "BF16" => Ok(Float::Bf16),
                "F32" => Ok(Float::F32),
                "F64" => Ok(Float::F64),
                other => Err(other.to_owned()),
            };
            let [from, to] = info.data_offsets;
            (name, Tensor::contiguous(info.shape, dtype, &data[from..to]))
        })
        .collect())
}
