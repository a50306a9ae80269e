# 窗口的文字，按所在的位置分组。按钮上的文字要短。

## 多处出现的文字

open = 打开…
open-tip = 打开图片文件 (O)
paste = 粘贴
paste-tip = 来自剪贴板 (Ctrl V)
cancel = 取消
close = 关闭
close-tip = 关闭 (Esc)
undo = 撤销
put-back = 放回去
save = 保存
rename = 重命名
copy-commands = 复制命令
key-ctrl = Ctrl { $key }
key-space = 空格
key-enter = 回车
pasted-name = 粘贴的图片
pasted-opening = 粘贴的图片
untitled = 肖像
file-saved = { $file } 已保存
megabytes = { $number } MB
kilobytes = { $number } kB

## 程序起的名字

portrait-garden = 正午的草帽
portrait-lady = 棕衣夫人
portrait-dutch = 深红帽子
portrait-chalk = 老领航员
performance-talk = 说话
performance-laugh = 大笑
performance-doubt = 疑惑
performance-look-around = 环顾
reader-face = 面部识别
preset-natural = 自然
preset-natural-tip = 一切照你的样子
preset-lively = 活泼
preset-lively-tip = 各处都大一点，适合动作少的人
preset-theatre = 戏剧
preset-theatre-tip = 最后一排也看得见的大动作
preset-eyes = 只动眼睛
preset-eyes-tip = 头不动，眼睛跟着你

## 语言菜单

language = 语言
language-system = 跟随系统：{ $name }
language-japanese = 日语
language-chinese = 中文（简体）
language-no-font = 没有安装这种语言的字体。请安装一种，例如 Noto Sans CJK，然后重新启动 Retrato
language-no-font-start = 没有安装{ $language }的字体，所以窗口显示英语。请安装一种，例如 Noto Sans CJK，然后重新启动 Retrato

## 没有肖像的舞台

empty-title = 把肖像拖到这里
empty-note = 油画、照片、素描：只要有一张脸。它会像你一样看、说话和眨眼。
empty-no-drop = 在 Wayland 中还不能拖放文件：请用“打开”或“粘贴”。
empty-try = 或者试试这些
drop-portrait = 松开，让它活起来
drop-driver = 松开，用它带动肖像
drop-neither = 这不是图片，也不是视频
drop-more = { $list } 和另外 { $count } 个

## 有肖像的舞台

stage-portrait = 肖像：{ $name }
stage-caption-drop = { $name }  ·  可以把自己的肖像拖进来
stage-caption-open = { $name }  ·  按 O 打开自己的肖像
stage-opening = 正在打开 { $name }…
stage-clipboard = 正在读取剪贴板…
stage-replay = 回放
stage-show-panel = 显示侧栏 (P)
no-face = 没有找到脸：请看摄像头
no-face-clip = 视频的这里没有脸
driver-stalled-pill = { $name } 已有 { $seconds } 秒没有画面：请检查连线
countdown-label = { $number } 秒后录制，Esc 取消
countdown-cancel = Esc 取消

## 舞台上的摄像头画面

inset-label = 摄像头画面：{ $seen }
inset-face = 找到了脸
inset-lids = 眼皮
inset-mouth = 嘴
inset-brows = 眉毛
inset-hide = 隐藏摄像头画面 (C)
inset-show = 显示摄像头画面 (C)
sight-loading = 面部识别正在加载
sight-dark = 太暗了：请开灯
sight-turned = 转开了：请看摄像头
sight-small = 太小了：请靠近
sight-gone = 出了画面：请回来
sight-unknown = 没有脸：请看摄像头

## 取景

framing-tip = 显示和录制图片的哪一部分
framing-head = 头部
framing-bust = 头和肩
framing-whole = 整幅图片
framing-note = 手动：滚轮拉近，拖动移动，双击显示全部。录像、照片和虚拟摄像头显示同一部分。
panes-alone = 录制活的肖像
panes-before-after = 录制前后对比
panes-triptych = 录制你、原画和活的肖像
panes-triptych-note = 录像里也有你。
mark = 给录像和照片加标记
mark-tip = 每幅画面的角落显示 SYNTHETIC 字样
background = 背景
background-own = 图片自身的背景
background-blurred = 模糊背景
background-green = 绿色，用于抠像
background-transparent = 透明，用于拍照
background-transparent-note = 录像和虚拟摄像头没有透明度：请为它们选择绿色。
background-colour = 背景 { $colour }
background-other = 其他颜色
background-number = 颜色编号
background-no-film = 录像没有透明度。请选择绿色，之后再抠像；照片仍然透明。
output = 输出窗口
output-tip = 在单独的窗口中只显示肖像，供 OBS 或投影仪使用：F11 全屏，Esc 关闭 (W)

## 脸在哪里？

face-number = 脸 { $number }
face-box = 脸部的框：拖动来画，方向键移动，加减键改变大小
face-which = { $name } 里有 { $count } 张脸：让哪一张活起来？
face-none = { $name } 里没有找到脸。请从眉毛到下巴拖出一个框。
face-draw = 请从眉毛到下巴，围着脸拖出一个框。
face-use-box = 用这个框
face-use = 用这张脸
face-draw-instead = 画一个框
face-draw-instead-tip = 这些都不对
face-keep-largest = 保留最大的脸 (Esc)
face-do-not-open = 不打开这张图片 (Esc)

## 图库

gallery-all = 所有肖像
gallery-all-count = 全部 { $count }
gallery-all-tip = 所有肖像：你的和自带的 (G)
gallery-portrait-missing = 肖像：{ $name }，文件不见了
gallery-remove = 移除 { $name }
sheet-title = 肖像
sheet-close = 关闭肖像 (Esc)
sheet-own = 你的，最新的在前
sheet-own-none = 你打开的肖像留在这里，连同它的脸、动作和其他图片。
sheet-built-in = Retrato 自带
sheet-missing = 文件不见了
sheet-missing-tip = { $file } 不在了。把文件放回来再点这里，或者把肖像移出列表
sheet-keep = 把 { $name } 留在最前
sheet-keep-not = 不再把 { $name } 留在最前
sheet-other-face = 在 { $name } 里选另一张脸
sheet-take-off = 把 { $name } 移出列表
sheet-taken-off = “{ $name }”已移出列表

## 侧栏：顶部、肖像

panel-hide = 隐藏侧栏 (P)
panel-help = 帮助和快捷键 (F1)
portrait = 肖像
portrait-open-tip = 打开肖像 (O)
further-add = 添加此人的图片…
further-add-short = 添加…
further-tip = 这张图片没有的，例如牙齿或闭着的眼睛，从同一个人的另一张图片里取 (A)
further-none = 没有网络时，肖像只用一张图片制作
further-count = 此人的 { $count } 张图片
likeness-improve = 更像一些
likeness-improve-tip = 学习此人的所有图片，半分钟到两分钟；眼睛和嘴需要几张
likeness-learning = 正在学习 { $percent } %
likeness-cancel-tip = 停止学习：肖像和以前一样
likeness-undo-tip = 忘掉从这些图片学到的
likeness-improved = 更像了
likeness-improved-tip = 已学会此人的图片，下次也一样

## 侧栏：什么带动肖像

driver = 带动者
driver-read-by = 识别方式
driver-reader = 识别
driver-reader-tip = 用什么识别你的脸
driver-reader-best = 最好的
driver-reader-best-tip = 面部识别，包括每个小动作；没有它或看不到脸时用 dlib
driver-reader-dlib = 只用 dlib
driver-reader-dlib-tip = 68 个点：用来比较，以及面部识别看错的脸
driver-camera = 摄像头
driver-camera-tip = 看着你的脸的摄像头
driver-cameras-looking = 正在寻找摄像头…
driver-cameras-none = 没有找到摄像头
driver-cameras-choose = 选择摄像头
driver-cameras-plug = 接上一个，然后按箭头
camera-looking = 正在查看 …
camera-drives = 正在驱动肖像
camera-busy = 另一个程序正在使用
camera-forbidden = 没有使用权限
camera-fails = 没有画面
camera-formats = { $size }，{ $rate } fps
camera-formats-most = { $size }，{ $rate } fps，最大 { $most }
camera-busy-tip = 请关闭另一个程序，或选择别的摄像头
camera-forbidden-tip = 请在系统设置中允许本程序使用摄像头；在 Linux 上用户需在 video 组中
driver-cameras-again = 重新寻找摄像头
driver-performance-tip = 保存的表演：只有动作，没有画面
driver-clip = 视频…
driver-clip-tip = 视频或保存的表演
driver-it = 它
driver-the-camera = 摄像头
driver-nothing = 还没有东西带动肖像
driver-running = { $name }，{ $rate } fps
driver-stalled = { $name } 已有 { $seconds } 秒没有画面。请检查连线
driver-ended = { $name } 结束了
driver-failed = { $name } 不能用。请选别的来带动肖像

## 侧栏：视频的播放

play = 播放
pause = 暂停
play-place = 视频中的位置
play-waits = 有了肖像就开始。
play-again = 结束后重新开始
play-once = 结束后停下
play-speed = 视频的速度
play-speed-tip = 播放得多快
speed-quarter = 四分之一
speed-half = 一半
speed-own = 正常
speed-more = 一倍半
speed-double = 两倍
play-neutral = 以此为准
play-neutral-tip = 在脸放松、看正前方的地方暂停，然后按：所有动作从这幅画面算起

## 侧栏：动作

motion = 动作
motion-undo = 撤销 (Ctrl Z)
motion-redo = 重做 (Ctrl Y)
motion-neutral = 以现在的脸为准
motion-neutral-tip = 放松脸看正前方，然后按：所有动作从那里算起
motion-neutral-not = 请先打开肖像
motion-own-tip = 你的。右击可以移除
motion-own-set-tip = 你的。再点一次可以移除
motion-remove = 移除 { $name }
motion-save = 保存…
motion-save-tip = 给这个动作起名保存，或给选中的改名
motion-name = 这个动作的名字
motion-head = 头
motion-head-tip = 头转动、点头和倾斜的幅度
motion-eyes = 眼睛
motion-eyes-tip = 眨眼、眯眼和睁大眼
motion-gaze = 目光
motion-gaze-tip = 眼睛四处看的幅度
motion-brows = 眉毛
motion-brows-tip = 扬眉和皱眉的幅度
motion-mouth = 嘴
motion-mouth-tip = 嘴唇和下巴动的幅度
motion-smoothing = 平滑
motion-smoothing-tip = 越大越平稳，也稍晚一点
motion-mirror = 镜像
motion-mirror-tip = 肖像像镜子里的你一样动 (M)
slider-back = 双击：回到 { $percent } %
slider-number = { $label }，百分比
slider-number-tip = 点击输入数字

## 侧栏：少用的东西

more = 更多
more-tip = 此人的其他图片、背景、虚拟摄像头、速度
virtual-camera = 虚拟摄像头
virtual-camera-tip = 视频通话等其他程序可以把肖像选作摄像头
virtual-camera-opening = 正在打开设备…
virtual-camera-choose = 在其他程序里选择摄像头 { $name }
virtual-camera-commands-tip = 粘贴到终端里
speed = 速度
speed-unknown = 还不知道
speed-tip = 用什么生成画面
speed-recording = 要更改，请先停止录制
speed-auto = 自动
speed-auto-tip = 显卡更快时用显卡
speed-cpu = CPU
speed-cpu-tip = 主处理器
speed-gpu = GPU
speed-gpu-tip = 显卡，包括软件模拟的
speed-now = 现在：{ $why }
speed-no-networks = 这幅肖像不用网络：{ $why }
speed-broken = 显卡不能继续 ({ $why })，所以由 CPU 生成画面
foot-idle = 空闲
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = 每秒画面数，以及从摄像头到画面的时间
foot-camera = 虚拟摄像头已打开
foot-camera-tip = 其他程序可以看到肖像。开关在“更多”里

## 侧栏：录制

record = 录制
record-tip = 录制肖像 (R)
record-not = 打开肖像，并有摄像头或视频带动时，才能录制
record-stop = 停止   { $time }
record-stop-label = 停止录制
record-stop-tip = 停止并保留录像 (R)
record-saving = 正在保存   { $percent } %
boomerang = 来回片
boomerang-tip = 三秒，来回播放 (B)
countdown = 倒数
countdown-on = 数 3、2、1 后开始录制。按一下改为立即开始
countdown-with-camera = 用摄像头时数 3、2、1 后录制，用视频时立即录制。按一下改为总是倒数
countdown-off = 立即开始录制。按一下改为先数 3、2、1
snapshot = 拍照
snapshot-tip = 把画面存为 PNG (S)
sound-on = 有声音
sound-off = 无声音
sound-tip = 录下麦克风或视频自己的声音
microphone = 麦克风
microphone-system = 系统麦克风
microphone-level = 麦克风音量 { $percent } %
record-earlier = 以前的录像 (L)
record-copy-path = 复制最后一个文件的路径
record-show = 在文件夹中显示最后一个文件
record-slow = 每秒只有 { $count } 幅
record-slow-tip = 这台电脑太慢，录像不流畅。请关闭其他程序，或用小一点的图片
record-slow-note = { $few }：这台电脑太慢，录像不流畅。请关闭其他程序，或用小一点的图片。
record-lost = 丢了 { $count } 幅画面
record-lost-tip = 这台电脑来不及
record-saved = 已保存：{ $name }
record-saved-in = 保存到 { $folder }

## 录像的卡片、回放、列表

film-play = 播放 { $name }
film-sound = 有声音
film-silent = 无声音
film-replay = 回放
film-replay-tip = 在这里播放，带声音
film-trim = 剪短
film-trim-tip = 选择开头和结尾
film-copy = 复制文件，可粘贴到消息或文件夹里
film-show = 在文件夹中显示
film-trash = 放进回收站
film-save-as = 另存为
film-save-as-tip = 新文件；这个保留
film-gif = GIF
film-gif-guessing = GIF（正在估计大小）
film-gif-about = GIF，约 { $size }
film-whole = 视频，整幅 (MP4)
film-square = 视频，正方形 (MP4)
film-tall = 视频，手机竖屏 (MP4)
film-back = 视频，来回 (MP4)
film-still = 静态图片，当前画面 (PNG)
film-of-part = 取你选中的部分。
film-name = 新名字
film-keep-name = 不改名
film-part = { $from } – { $to }   ({ $seconds } 秒)
film-part-begin = 部分的开头
film-part-end = 部分的结尾
film-part-at = { $end }：{ $time }
film-done = 完成
film-save-again = 另存
film-save-again-tip = 这一部分的新文件；录像保持原样
film-volume = 音量
film-end-replay = 结束回放 (Esc)
film-no-sound = 没有声音：{ $why }
film-making-whole = 正在保存视频
film-making-square = 正在保存方形视频
film-making-tall = 正在保存竖屏视频
film-making-gif = 正在保存 GIF
film-making-still = 正在保存图片
film-making-back = 正在制作来回片
film-making = { $what }   { $percent } %
film-cancelled = 已取消；什么都没有写入
film-no-part = 两端之间没有画面；请把它们拉开
film-no-film = { $file } 不是视频
film-too-long = 只有不超过 { $seconds } 秒的视频能来回播放；请先剪短
film-bad-name = 文件不能叫这个名字；请用文字、数字和空格
film-name-taken = 已经有叫 { $name } 的文件；请换个名字
films-title = 录像
films-in = 在 { $folder }
films-looking = 正在寻找…
films-none = 还没有录像。按“录制”，录下的会出现在这里。
films-one = 录像：{ $name }
age-now = 刚刚
age-minutes = { $count } 分钟前
age-hours = { $count } 小时前
age-days = { $count } 天前
age-months = { $count } 个月前

## 帮助、关于、提问

help-title = 快捷键
help-open = 打开肖像；按住：看原画
help-gallery = 所有肖像
help-further = 添加此人的图片
help-paste = 粘贴图片或路径
help-digits = 图库中的肖像，或脸
help-enter = 用标记的脸
help-space = 以现在的脸为准
help-mirror = 镜像
help-undo = 撤销动作的更改
help-redo = 重做
help-inset = 摄像头画面
help-record = 录制，停止
help-boomerang = 三秒的来回片
help-snapshot = 拍照
help-panel = 侧栏
help-list = 以前的录像
help-output = 输出窗口
help-alone = 只看图片
help-tab = 下一个控件
help-help = 这份帮助
help-escape = 关闭最上面的
help-know = 须知
help-consent = 只让同意的人，或早已离世的人动起来。每段录像和每张照片都标明是合成的，免得有人当成真人。
help-private = 没有任何东西离开这台电脑：不要账号，不要网络。
help-about = 关于 Retrato
help-about-tip = 版本、许可、从什么学来
about-what = 用你自己的脸让肖像活起来，只在这台电脑上：不要账号，不要网络。
about-licences = 许可
about-licences-text = Retrato 是自由软件：可任选 MIT 许可或 Apache 许可 2.0 使用。NOTICE 文件列出了别人做的部分。
about-learnt = 从什么学来
about-learnt-text = Retrato 的网络只从合成的头学来：程序用公开的头部模型 ICT-FaceKit 做出的、不存在的人。没有用任何人的照片。识别脸的是别人训练的模型：MediaPipe 的 Face Landmarker，没有它时用 dlib 的点。
about-wrong = 出问题的时候
about-log = 日志在 { $path }
about-copy-log = 复制日志路径
about-copy-log-tip = 写信给修复的人时用
recovery-title = { $count ->
   *[other] 找到 { $count } 段中断的录像
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato 在录制时没有正常结束。到那时为止录下的可以恢复播放。
recovery-recover = 恢复
recovery-later = 以后再说
path-portrait = 打开肖像
path-further = 添加此人的图片
path-driver = 打开视频或表演
path-where-picture = 这个桌面没有文件对话框。图片在哪里？
path-where-file = 这个桌面没有文件对话框。文件在哪里？
path-hint = /文件夹/文件
path-label = 文件的路径
path-open = 打开
path-none = 没有这个文件。
dialog-pictures = 图片
dialog-clips = 视频和表演
dialog-all = 所有文件

## 消息

dismiss = 关闭消息
said-copied = 已放到剪贴板
said-path-copied = 路径已放到剪贴板
said-no-dialog = 文件对话框打不开：{ $why }
said-neither = { $name } 不是图片，也不是视频。请拖入 JPEG、PNG 或 WebP 让它活起来，或 MP4 来带动
said-one-driver = 一次只能用一个带动：用 { $name }
said-other-name = 请换个名字：这个是空的，或是程序用的
said-no-room = 放不下更多了。请先移除一个
said-neutral = 现在以这张脸为准
said-likeness-better = 更像了：离图片近了 { $percent } %
said-likeness-same = 没能更像；什么都没有改变
said-recorded = { $file } 已保存（{ $seconds } 秒）
said-virtual-camera = 其他程序现在可以选择摄像头 { $name }
said-virtual-camera-commands = 虚拟摄像头需要用几条命令建立的设备。详情见侧栏的“更多”
said-executor-now = 现在：{ $why }
said-executor-not = 没有使用 GPU：{ $why }
said-executor-broken = 显卡不能继续 ({ $why })。Retrato 用 CPU 继续。
said-networks-broken = 网络不能继续 ({ $why })。这幅肖像不用它们来带动，效果差一些；下一幅会再试。
said-recovered = { $file } 已恢复
said-clipboard = 读不了剪贴板：{ $why }
said-clipboard-empty = 剪贴板里的图片是空的。请再复制一次
said-clipboard-text = 剪贴板里是文字，不是图片。请先复制图片或它的路径
said-clipboard-nothing = 剪贴板里没有图片。请先复制一张，或它的路径
said-passing = 下次启动时这张图片就没有了：{ $why }
said-replaced = 新的肖像代替了原来的。是同一个人吗？
said-replaced-by = “{ $by }”代替了“{ $before }”。是同一个人吗？
said-use-both = 两张都用
said-one-portrait = 一次一幅肖像：其余的在图库里等着
said-one-person = 都是同一个人
said-portrait-first = 请先打开此人的肖像，再添加其他图片
said-made-from = 现在用此人的 { $count } 张图片
said-film-copied = { $file } 已放到剪贴板
said-film-path = 这里的剪贴板不收文件，所以放了路径
said-no-file-manager = 这里没有文件管理器，所以路径放到了剪贴板
said-trashed = { $file } 已放进回收站
said-put-back = { $file } 已放回原来的文件夹

## 麻烦：程序关于文件和设备说的话是英语

trouble-driver = 这不能带动肖像。{ $why }
trouble-portrait = 图片打不开。{ $why }
trouble-background = 背景保持不变：{ $why }
trouble-recording = 录制失败。{ $why }
trouble-snapshot = 拍照失败。{ $why }
trouble-recovery = 录像没能恢复。{ $why }
trouble-likeness = 学习失败。{ $why }
trouble-virtual-camera = 虚拟摄像头不能用。{ $why }
trouble-film = 没有成功。{ $why }
trouble-portraits = 肖像列表有问题。{ $why }
trouble-settings = 关于设置的提示。{ $why }
trouble = 提示。{ $why }
